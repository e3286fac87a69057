package camera

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/bluenviron/gortsplib/v5/pkg/format/rtph264"
	"github.com/bluenviron/gortsplib/v5/pkg/format/rtph265"
	"github.com/pion/rtp"
)

// Codec is how a clip is coded.
type Codec string

// The codecs.
const (
	H264 Codec = "h264"
	H265 Codec = "h265"
)

const (
	payloadType = 96
	clockRate   = 90000
	packetSize  = 1400 // bytes of payload, as cameras send on an Ethernet
)

// Clip is a picture stream that is played over and over. It never changes.
type Clip struct {
	codec         Codec
	step          uint32 // between two pictures, in ticks of 90 kHz
	pictures      []picture
	vps, sps, pps []byte
}

// picture is one access unit in decoding order, ready to be sent.
type picture struct {
	key      bool
	display  int      // its place in the order of showing
	payloads [][]byte // of its RTP packets
}

// ReadClip reads an elementary stream in Annex B form that shows so many
// pictures a second. It begins with a keyframe that has its parameter sets.
func ReadClip(codec Codec, fps float64, stream []byte) (*Clip, error) {
	if fps <= 0 || fps > 240 {
		return nil, fmt.Errorf("clip: %g pictures a second", fps)
	}
	c := &Clip{codec: codec, step: uint32(clockRate/fps + 0.5)}
	units := accessUnits(codec, splitUnits(stream))
	encode, err := c.encoder()
	if err != nil {
		return nil, err
	}
	for _, unit := range units {
		p := picture{key: c.learn(unit), display: len(c.pictures)}
		packets, err := encode(unit)
		if err != nil {
			return nil, fmt.Errorf("clip: picture %d: %w", len(c.pictures), err)
		}
		for _, packet := range packets {
			p.payloads = append(p.payloads, packet.Payload)
		}
		c.pictures = append(c.pictures, p)
	}
	switch {
	case len(c.pictures) == 0:
		return nil, errors.New("clip: no pictures")
	case !c.pictures[0].key || c.sps == nil || c.pps == nil:
		return nil, errors.New("clip: does not begin with a keyframe and its parameter sets")
	}
	if codec == H264 {
		c.reorder(units)
	}
	return c, nil
}

func (c *Clip) encoder() (func([][]byte) ([]*rtp.Packet, error), error) {
	switch c.codec {
	case H264:
		e := &rtph264.Encoder{PayloadType: payloadType, PayloadMaxSize: packetSize, PacketizationMode: 1}
		return e.Encode, e.Init()
	case H265:
		e := &rtph265.Encoder{PayloadType: payloadType, PayloadMaxSize: packetSize}
		return e.Encode, e.Init()
	}
	return nil, fmt.Errorf("clip: codec %q", c.codec)
}

// learn keeps the parameter sets of an access unit and says whether it is a key.
func (c *Clip) learn(unit [][]byte) (key bool) {
	for _, nalu := range unit {
		switch k := kind(c.codec, nalu); {
		case c.codec == H264 && k == 7, c.codec == H265 && k == 33:
			c.sps = nalu
		case c.codec == H264 && k == 8, c.codec == H265 && k == 34:
			c.pps = nalu
		case c.codec == H265 && k == 32:
			c.vps = nalu
		case c.codec == H264 && k == 5, c.codec == H265 && k >= 16 && k <= 21:
			key = true
		}
	}
	return key
}

// reorder finds the order of showing where pictures that nobody refers to
// (B-frames without a pyramid) are shown before the one that they follow.
func (c *Clip) reorder(units [][][]byte) {
	refers := func(i int) bool {
		for _, nalu := range units[i] {
			if k := kind(H264, nalu); k == 1 || k == 5 {
				return nalu[0]&0x60 != 0
			}
		}
		return true
	}
	for i := range c.pictures {
		later := 0
		for j := i + 1; j < len(units) && refers(i) && !refers(j); j++ {
			later++
			c.pictures[j].display = j - 1
		}
		if refers(i) {
			c.pictures[i].display = i + later
		}
	}
}

// format describes the clip in a session description.
func (c *Clip) format() format.Format {
	if c.codec == H265 {
		return &format.H265{PayloadTyp: payloadType, VPS: c.vps, SPS: c.sps, PPS: c.pps}
	}
	return &format.H264{PayloadTyp: payloadType, SPS: c.sps, PPS: c.pps, PacketizationMode: 1}
}

// splitUnits cuts Annex B at its start codes.
func splitUnits(stream []byte) (units [][]byte) {
	code := []byte{0, 0, 1}
	at := bytes.Index(stream, code)
	for at >= 0 {
		stream = stream[at+3:]
		at = bytes.Index(stream, code)
		unit := stream
		if at >= 0 {
			unit = stream[:at]
		}
		if unit = bytes.TrimRight(unit, "\x00"); len(unit) > 2 {
			units = append(units, unit)
		}
	}
	return units
}

// accessUnits groups units into pictures and leaves out delimiters.
func accessUnits(codec Codec, units [][]byte) (pictures [][][]byte) {
	var now [][]byte
	sliced := false // now has a slice
	for _, nalu := range units {
		slice, first := isSlice(codec, nalu)
		if sliced && (!slice || first) {
			pictures, now, sliced = append(pictures, now), nil, false
		}
		if !isDelimiter(codec, nalu) {
			now = append(now, nalu)
		}
		sliced = sliced || slice
	}
	if sliced {
		pictures = append(pictures, now)
	}
	return pictures
}

func kind(codec Codec, nalu []byte) byte {
	if codec == H265 {
		return nalu[0] >> 1 & 0x3f
	}
	return nalu[0] & 0x1f
}

// isSlice says whether a unit is picture data, and the first of its picture.
func isSlice(codec Codec, nalu []byte) (slice, first bool) {
	k := kind(codec, nalu)
	if codec == H265 {
		return k < 32, nalu[2]&0x80 != 0
	}
	return k >= 1 && k <= 5, nalu[1]&0x80 != 0
}

func isDelimiter(codec Codec, nalu []byte) bool {
	k := kind(codec, nalu)
	return codec == H264 && k == 9 || codec == H265 && k == 35
}
