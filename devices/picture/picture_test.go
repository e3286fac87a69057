package picture_test

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp"
	"pgregory.net/rapid"

	"guardroom/devices/picture"
	"guardroom/devices/repack"
	"guardroom/devices/rtsp"
)

var (
	sps264 = []byte{0x67, 0x42, 0xc0, 0x28, 0xd9, 0x00, 0x78, 0x02, 0x27, 0xe5, 0x84, 0x00, 0x00, 0x03, 0x00, 0x04, 0x00, 0x00, 0x03, 0x00, 0xf0, 0x3c, 0x60, 0xc9, 0x20}
	pps264 = []byte{0x68, 0xce, 0x3c, 0x80}
)

func format264() rtsp.Format { return rtsp.Format{Codec: rtsp.H264, SPS: sps264, PPS: pps264} }

// sender makes the packets of pictures.
type sender struct {
	packer *repack.Packer
	number uint16
}

func (s *sender) send(codec rtsp.Codec, stamp uint32, nalus [][]byte) (packets []*rtp.Packet) {
	s.packer.Begin()
	for i, nalu := range nalus {
		s.packer.Packet(&rtp.Packet{Header: rtp.Header{Marker: i == len(nalus)-1}, Payload: nalu}, func(piece repack.Piece) {
			s.number++
			packets = append(packets, &rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: s.number, Timestamp: stamp, Marker: piece.Marker}, Payload: piece.Payload})
		})
	}
	return packets
}

func slices264(t *rapid.T) [][]byte {
	nalus := [][]byte{}
	if rapid.Bool().Draw(t, "key") {
		nalus = append(nalus, sps264, pps264)
	}
	for range rapid.IntRange(1, 3).Draw(t, "slices") {
		head := byte(0x41)
		if len(nalus) > 1 && bytes.Equal(nalus[0], sps264) {
			head = 0x65
		}
		body := rapid.SliceOfN(rapid.Byte(), 2, 4000).Draw(t, "slice")
		nalus = append(nalus, append([]byte{head}, body...))
	}
	return nalus
}

// What is cut into packets is put together to the same pictures; a picture with a
// missing packet never comes.
func TestPicturesComeWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := sender{packer: repack.New(rapid.IntRange(64, 1400).Draw(t, "size"))}
		s.packer.Format(format264())
		a := picture.Assembler{Codec: rtsp.H264}
		at := time.Unix(1_900_000_000, 0)
		for n := range rapid.IntRange(1, 6).Draw(t, "pictures") {
			nalus := slices264(t)
			packets := s.send(rtsp.H264, uint32(n)*3600, nalus)
			lost := -1
			if len(packets) > 2 && rapid.Bool().Draw(t, "lossy") {
				lost = rapid.IntRange(1, len(packets)-2).Draw(t, "lost")
			}
			var got []picture.Unit
			for i, p := range packets {
				if i == lost {
					continue
				}
				if u, ok := a.Packet(p, at); ok {
					got = append(got, u)
				}
			}
			if lost >= 0 {
				if len(got) > 0 {
					t.Fatalf("a picture without packet %d of %d came as whole", lost, len(packets))
				}
				continue
			}
			if len(got) != 1 {
				t.Fatalf("%d pictures came of one", len(got))
			}
			want := nalus
			if !slices.EqualFunc(got[0].NALUs, want, bytes.Equal) {
				t.Fatalf("%d units came of %d, or others", len(got[0].NALUs), len(want))
			}
			if key := len(nalus) > 1 && bytes.Equal(nalus[0], sps264); got[0].Key != key {
				t.Fatalf("key is %t, want %t", got[0].Key, key)
			}
		}
	})
}

func file(t *testing.T, seconds int) []byte {
	t.Helper()
	head, err := picture.Header(format264())
	if err != nil {
		t.Fatal(err)
	}
	out := head
	base := uint64(1_900_000_000) * rtsp.ClockRate
	for n := range seconds {
		var samples []picture.Sample
		for i := range 25 {
			kind := byte(0x41)
			if i == 0 && n%2 == 0 {
				kind = 0x65
			}
			samples = append(samples, picture.Sample{Unit: picture.Unit{NALUs: [][]byte{append([]byte{kind}, bytes.Repeat([]byte{byte(i)}, 100)...)}, Key: kind == 0x65}, Duration: 3600})
		}
		piece, err := picture.Fragment(uint32(n+1), base, samples)
		if err != nil {
			t.Fatal(err)
		}
		base += 25 * 3600
		out = append(out, piece...)
	}
	return out
}

func TestPartsOfAFileAreFound(t *testing.T) {
	t.Parallel()
	f := file(t, 4)
	head, whole, parts, err := picture.Parts(bytes.NewReader(f), int64(len(f)))
	if err != nil || whole != int64(len(f)) || len(parts) != 4 || head == 0 {
		t.Fatalf("head %d, whole %d of %d, %d parts: %v", head, whole, len(f), len(parts), err)
	}
	for i, p := range parts {
		if p.Key != (i%2 == 0) || p.Duration != rtsp.ClockRate || p.Base != (1_900_000_000+uint64(i))*rtsp.ClockRate {
			t.Errorf("part %d: %+v", i, p)
		}
	}
	// However it is torn, what is whole is found, and nothing else.
	for _, cut := range []int64{0, 7, head - 1, head + 1, parts[1].Offset + 3, parts[3].Offset + parts[3].Size - 1} {
		_, whole, found, err := picture.Parts(bytes.NewReader(f[:cut]), cut)
		want := 0
		for _, p := range parts {
			if p.Offset+p.Size <= cut {
				want++
			}
		}
		if err != nil || len(found) != want || whole > cut {
			t.Errorf("torn at %d: %d parts, want %d; whole %d: %v", cut, len(found), want, whole, err)
		}
	}
	piece := bytes.Clone(f[parts[2].Offset : parts[2].Offset+parts[2].Size])
	if err := picture.Rebase(piece, 42); err != nil {
		t.Fatal(err)
	}
	_, _, moved, err := picture.Parts(bytes.NewReader(append(bytes.Clone(f[:head]), piece...)), head+parts[2].Size)
	if err != nil || len(moved) != 1 || moved[0].Base != 42 {
		t.Errorf("moved: %+v %v", moved, err)
	}
	if err := picture.Rebase([]byte("no part"), 1); err == nil {
		t.Error("what is no part was moved")
	}
	if kind := picture.ContentTypeOf(f[:head]); kind != `video/mp4; codecs="avc1.42c028"` || kind != picture.ContentType(format264()) {
		t.Errorf("content type %s", kind)
	}
}

// A stream of real pictures, H.264 and H.265, becomes a file that another program
// reads, with every picture in it.
func TestOthersReadWhatIsWritten(t *testing.T) {
	t.Parallel()
	probe, err := exec.LookPath("ffprobe")
	if err != nil {
		t.Fatal("ffprobe is missing: apt-get install ffmpeg")
	}
	for _, codec := range []rtsp.Codec{rtsp.H264, rtsp.H265} {
		clip, format := realClip(t, codec)
		var out bytes.Buffer
		begun := ""
		w := picture.Writer{To: &out, Begun: func(_ time.Time, kind string) { begun = kind }}
		s := sender{packer: repack.New(1200)}
		s.packer.Format(format)
		w.Opened(format)
		at := time.Unix(1_900_000_000, 0)
		for n, unit := range clip {
			for _, p := range s.send(codec, uint32(n)*3600, unit) {
				w.Packet(p, at.Add(time.Duration(n)*40*time.Millisecond))
			}
		}
		w.Closed(rtsp.Fault{Code: rtsp.Ended})
		if w.Err() != nil || !w.Started() {
			t.Fatalf("%s: %v", codec, w.Err())
		}
		path := filepath.Join(t.TempDir(), "clip.mp4")
		writeFile(t, path, out.Bytes())
		got, err := exec.Command(probe, "-v", "error", "-count_frames", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", path).CombinedOutput()
		if err != nil || string(bytes.TrimSpace(got)) != fmt.Sprint(len(clip)) {
			t.Errorf("%s: ffprobe reads %s of %d pictures: %v", codec, got, len(clip), err)
		}
		if begun != picture.ContentTypeOf(out.Bytes()[:min(out.Len(), 2000)]) || begun == "video/mp4" {
			t.Errorf("%s: content type %q, by the file %q", codec, begun, picture.ContentTypeOf(out.Bytes()[:min(out.Len(), 2000)]))
		}
	}
}

func FuzzParts(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x08ftyp"))
	f.Add([]byte("\x00\x00\x00\x30moof\x00\x00\x00\x28trun\x00\x00\x03\x01\xff\xff\xff\xff0000tfdt\x01000\x00\x00\x00\x00\x00\x00\x00\x01"))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, whole, parts, err := picture.Parts(bytes.NewReader(data), int64(len(data)))
		if err == nil && whole > int64(len(data)) {
			t.Errorf("%d bytes are whole of %d, %d parts", whole, len(data), len(parts))
		}
		picture.ContentTypeOf(data)
		_ = picture.Rebase(bytes.Clone(data), 7) // a refusal is fine
	})
}

func FuzzAssembler(f *testing.F) {
	f.Add([]byte{0x7c, 0x85, 1, 2, 3}, true)
	f.Add([]byte{0x78, 0, 2, 0x65, 1, 0, 9}, false)
	f.Add([]byte{0x62, 1, 0x93, 4}, true)
	f.Fuzz(func(_ *testing.T, payload []byte, h265 bool) {
		codec := rtsp.H264
		if h265 {
			codec = rtsp.H265
		}
		a := picture.Assembler{Codec: codec}
		for i := range uint16(3) {
			a.Packet(&rtp.Packet{Header: rtp.Header{SequenceNumber: i, Marker: i == 2}, Payload: payload}, time.Time{})
		}
		picture.Key(codec, payload)
	})
}
