package main

import (
	"bytes"
	"testing"
	"time"
)

func TestPicturesCarryTheirTime(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_900_000_000, 123_456_789)
	unit := stampUnit(at)
	if i := bytes.Index(unit, []byte{0, 0}); i >= 0 {
		t.Errorf("byte %d of the message needs an escape", i)
	}
	got, ok := stampOf(append([]byte{24, 0, byte(len(unit))}, unit...))
	if !ok || !got.Equal(at) {
		t.Errorf("%v, %v", got, ok)
	}
	for _, none := range [][]byte{nil, stampMark, unit[:len(unit)-5], bytes.ReplaceAll(unit, []byte("guard"), []byte("Guard"))} {
		if _, ok := stampOf(none); ok {
			t.Errorf("%q has a time", none)
		}
	}
}

func TestClipIsCutIntoPictures(t *testing.T) {
	t.Parallel()
	start := []byte{0, 0, 0, 1}
	var stream []byte
	for _, unit := range [][]byte{{0x67, 1}, {0x68, 2}, {0x65, 0x88, 3}, {0x65, 0x08, 4}, {0x41, 0x9a, 5}} {
		stream = append(append(stream, start...), unit...)
	}
	sps, pps, pictures, err := clipUnits(stream)
	if err != nil || len(pictures) != 2 || !bytes.Equal(sps, []byte{0x67, 1}) || !bytes.Equal(pps, []byte{0x68, 2}) {
		t.Fatalf("%x %x %x, %v", sps, pps, pictures, err)
	}
	if want := []byte{0, 0, 0, 3, 0x65, 0x88, 3, 0, 0, 0, 3, 0x65, 0x08, 4}; !bytes.Equal(pictures[0], want) {
		t.Errorf("the first picture is %x, want its two slices %x", pictures[0], want)
	}
	if _, _, _, err := clipUnits(stream[:8]); err == nil {
		t.Error("a clip without pictures is taken")
	}
}
