package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/description"
	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/bluenviron/gortsplib/v5/pkg/format/rtph264"
)

// The cameras of the bench are one RTSP server with a path each, all with the same
// clip. Each picture carries the time at which it was sent, so that whoever gets
// it knows its delay by the clock that all processes of a machine share.

// drawClip has ffmpeg draw a camera's picture: 1080p at 25 a second, 4 Mbit/s,
// H.264 baseline, a keyframe every two seconds.
func drawClip(ctx context.Context, path string) error {
	const rate = "4000k"
	out, err := exec.CommandContext(ctx, "ffmpeg", "-v", "error", "-y", //nolint:gosec // our own words
		"-f", "lavfi", "-i", "testsrc2=s=1920x1080:r=25:d=10,noise=alls=12:allf=t",
		"-c:v", "libx264", "-preset", "veryfast", "-profile:v", "baseline", "-pix_fmt", "yuv420p",
		"-b:v", rate, "-minrate", rate, "-maxrate", rate, "-bufsize", "2000k",
		"-g", "50", "-keyint_min", "50", "-sc_threshold", "0", "-f", "h264", path).CombinedOutput()
	if err != nil {
		return fmt.Errorf("draw the clip with ffmpeg (apt-get install ffmpeg): %w: %s", err, out)
	}
	return nil
}

// stampMark begins the message in which a picture carries its time, as 16
// hexadecimal digits (H.264 D.2.6, user data).
var stampMark = []byte("guardroom-bench:")

func stampUnit(at time.Time) []byte {
	unit := append([]byte{6, 5, 32}, stampMark...)
	unit = append(unit, fmt.Sprintf("%016x", at.UnixNano())...)
	return append(unit, 0x80)
}

// stampOf finds the time in a packet.
func stampOf(payload []byte) (time.Time, bool) {
	i := bytes.Index(payload, stampMark)
	if i < 0 || len(payload) < i+len(stampMark)+16 {
		return time.Time{}, false
	}
	ns, err := strconv.ParseInt(string(payload[i+len(stampMark):i+len(stampMark)+16]), 16, 64)
	return time.Unix(0, ns), err == nil
}

// clipUnits splits an Annex B stream into access units of one slice each.
func clipUnits(stream []byte) (sps, pps []byte, pictures [][]byte, err error) {
	for _, unit := range bytes.Split(stream, []byte{0, 0, 1}) {
		unit = bytes.TrimRight(unit, "\x00")
		if len(unit) == 0 {
			continue
		}
		switch unit[0] & 0x1f {
		case 7:
			sps = unit
		case 8:
			pps = unit
		case 1, 5:
			if len(unit) > 1 && unit[1]&0x80 != 0 { // the first slice of a picture
				pictures = append(pictures, nil)
			}
			if len(pictures) == 0 {
				return nil, nil, nil, errors.New("the clip begins in the middle of a picture")
			}
			last := len(pictures) - 1
			pictures[last] = binary.BigEndian.AppendUint32(pictures[last], uint32(len(unit)))
			pictures[last] = append(pictures[last], unit...)
		}
	}
	if sps == nil || pps == nil || len(pictures) == 0 {
		return nil, nil, nil, errors.New("the clip has no pictures")
	}
	return sps, pps, pictures, nil
}

type camerasReady struct {
	Address string `json:"address"`
}

// childCameras serves /0, /1, … from the clip until ctx ends. spec is the address
// to listen at, how many, and the clip, with commas.
func childCameras(ctx context.Context, spec string) error {
	parts := strings.SplitN(spec, ",", 3)
	if len(parts) != 3 {
		return errors.New("cameras: address,count,clip")
	}
	count, err := strconv.Atoi(parts[1])
	if err != nil {
		return err
	}
	stream, err := os.ReadFile(parts[2])
	if err != nil {
		return err
	}
	sps, pps, pictures, err := clipUnits(stream)
	if err != nil {
		return err
	}
	h := &cameraPaths{}
	server := &gortsplib.Server{Handler: h, RTSPAddress: parts[0], WriteQueueSize: 256} // a camera leaves out what a slow reader does not take
	if err := server.Start(); err != nil {
		return err
	}
	defer server.Close()
	for range count {
		forma := &format.H264{PayloadTyp: 96, PacketizationMode: 1, SPS: sps, PPS: pps}
		s := &gortsplib.ServerStream{Server: server, Desc: &description.Session{Medias: []*description.Media{{Type: description.MediaTypeVideo, Formats: []format.Format{forma}}}}}
		if err := s.Initialize(); err != nil {
			return err
		}
		h.streams = append(h.streams, s)
	}
	for i, s := range h.streams {
		forma, _ := s.Desc.Medias[0].Formats[0].(*format.H264)
		encoder, err := forma.CreateEncoder()
		if err != nil {
			return err
		}
		offset := time.Duration(i) * 2 * time.Second / time.Duration(count) // keyframes of cameras fall apart
		go playClip(ctx, s, encoder, sps, pps, pictures, offset)
	}
	announce(camerasReady{Address: server.NetListener().Addr().String()})
	<-ctx.Done()
	return nil
}

// playClip sends pictures at their times, each with the instant before it goes.
func playClip(ctx context.Context, s *gortsplib.ServerStream, encoder *rtph264.Encoder, sps, pps []byte, pictures [][]byte, offset time.Duration) {
	const apart = 40 * time.Millisecond
	began := time.Now().Add(offset)
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Until(began.Add(time.Duration(n) * apart))):
		}
		picture := pictures[n%len(pictures)]
		unit := [][]byte{stampUnit(time.Now())}
		if picture[4]&0x1f == 5 {
			unit = [][]byte{sps, pps, unit[0]}
		}
		for len(picture) > 4 {
			size := binary.BigEndian.Uint32(picture)
			unit = append(unit, picture[4:4+size])
			picture = picture[4+size:]
		}
		packets, err := encoder.Encode(unit)
		if err != nil {
			return
		}
		for _, p := range packets {
			p.Timestamp = uint32(n) * 3600
			_ = s.WritePacketRTP(s.Desc.Medias[0], p) // a reader that is too slow loses it
		}
	}
}

type cameraPaths struct{ streams []*gortsplib.ServerStream }

func (h *cameraPaths) find(path string) (*base.Response, *gortsplib.ServerStream, error) {
	for i, s := range h.streams {
		if strings.Trim(path, "/") == strconv.Itoa(i) {
			return &base.Response{StatusCode: base.StatusOK}, s, nil
		}
	}
	return &base.Response{StatusCode: base.StatusNotFound}, nil, nil
}

// OnDescribe answers who asks what there is.
func (h *cameraPaths) OnDescribe(c *gortsplib.ServerHandlerOnDescribeCtx) (*base.Response, *gortsplib.ServerStream, error) {
	return h.find(c.Path)
}

// OnSetup answers who wants it.
func (h *cameraPaths) OnSetup(c *gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	return h.find(c.Path)
}

// OnPlay answers who begins.
func (h *cameraPaths) OnPlay(*gortsplib.ServerHandlerOnPlayCtx) (*base.Response, error) {
	return &base.Response{StatusCode: base.StatusOK}, nil
}
