package picture_test

import (
	"bytes"
	"os"
	"os/exec"
	"testing"

	"guardroom/devices/rtsp"
)

func writeFile(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// realClip is a second of moving picture by ffmpeg, divided into pictures.
func realClip(t *testing.T, codec rtsp.Codec) (pictures [][][]byte, f rtsp.Format) {
	t.Helper()
	encode := []string{"-c:v", "libx264", "-profile:v", "baseline", "-x264-params", "keyint=10:scenecut=0:aud=1", "-f", "h264"}
	if codec == rtsp.H265 {
		encode = []string{"-c:v", "libx265", "-x265-params", "keyint=10:bframes=0:aud=1:log-level=error", "-f", "hevc"}
	}
	args := append([]string{"-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25", "-frames:v", "25", "-pix_fmt", "yuv420p"}, encode...)
	stream, err := exec.Command("ffmpeg", append(args, "-")...).Output()
	if err != nil {
		t.Fatalf("ffmpeg: %v", err)
	}
	f.Codec = codec
	for _, nalu := range bytes.Split(bytes.ReplaceAll(stream, []byte{0, 0, 0, 1}, []byte{0, 0, 1}), []byte{0, 0, 1}) {
		if len(nalu) == 0 {
			continue
		}
		kind, delimiter := nalu[0]&0x1f, byte(9)
		sets := map[byte]*[]byte{7: &f.SPS, 8: &f.PPS}
		if codec == rtsp.H265 {
			kind, delimiter = nalu[0]>>1&0x3f, 35
			sets = map[byte]*[]byte{32: &f.VPS, 33: &f.SPS, 34: &f.PPS}
		}
		if kind == delimiter {
			pictures = append(pictures, nil)
			continue
		}
		if set := sets[kind]; set != nil {
			*set = nalu
		}
		last := len(pictures) - 1
		pictures[last] = append(pictures[last], nalu)
	}
	return pictures, f
}
