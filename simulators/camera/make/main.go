// Command make draws the clips of the simulated cameras anew and codes them with
// ffmpeg: go run ./simulators/camera/make -out simulators/camera/clips. The
// people, cars and rooms in them are made of nothing but what stands here.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
)

const (
	seconds = 10
	rate    = 25
	font    = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono-Bold.ttf"
)

func main() {
	out := flag.String("out", "simulators/camera/clips", "folder of the clips")
	only := flag.String("only", "", "only the scenes whose file begins with it")
	still := flag.String("still", "", "instead of clips, write one picture of each scene into this folder")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *out, *only, *still); err != nil {
		fmt.Fprintln(os.Stderr, "make:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out, only, still string) error {
	for _, s := range scenes() {
		if !strings.HasPrefix(s.file, only) {
			continue
		}
		if still != "" {
			if err := code(ctx, s, []float64{0.1, 0.55}, []string{"-vf", label(s, 20), filepath.Join(still, s.file+"-%d.png")}); err != nil {
				return err
			}
			continue
		}
		if err := clips(ctx, s, out); err != nil {
			return fmt.Errorf("%s: %w", s.file, err)
		}
	}
	return nil
}

// clips codes a scene as main and sub-stream, and some of them as oddities.
func clips(ctx context.Context, s scene, out string) error {
	all := make([]float64, seconds*rate)
	for i := range all {
		all[i] = float64(i) / float64(len(all))
	}
	outputs := append(stream(s, 20, "", 50, 27, filepath.Join(out, s.file+".main.h264")),
		stream(s, 12, "fps=12.5,scale=320:180:flags=area,", 25, 29, filepath.Join(out, s.file+".sub.h264"))...)
	switch s.file {
	case "corridor":
		outputs = append(outputs, "-t", "4", "-vf", label(s, 20), "-c:v", "libx264", "-preset", "veryslow", "-profile:v", "main", "-crf", "34", "-pix_fmt", "yuv420p",
			"-x264-params", "keyint=50:min-keyint=50:scenecut=0:bframes=2:b-adapt=0:b-pyramid=none:ref=2:repeat-headers=1:aud=1:threads=1", "-f", "h264", filepath.Join(out, "odd.bframes.h264"))
	case "lobby":
		outputs = append(outputs, "-t", "4", "-vf", label(s, 20), "-c:v", "libx265", "-preset", "slow", "-crf", "34", "-pix_fmt", "yuv420p",
			"-x265-params", "keyint=50:min-keyint=50:scenecut=0:bframes=0:repeat-headers=1:aud=1:info=0:log-level=none:pools=none:frame-threads=1", "-f", "hevc", filepath.Join(out, "odd.h265"))
	}
	return code(ctx, s, all, outputs)
}

// stream are ffmpeg's options for an H.264 stream as a camera sends it: baseline,
// a keyframe every two seconds, parameter sets in front of each.
func stream(s scene, size int, before string, keys, quality int, file string) []string {
	return []string{
		"-vf", before + label(s, size), "-c:v", "libx264", "-preset", "veryslow", "-profile:v", "baseline", "-crf", fmt.Sprint(quality), "-pix_fmt", "yuv420p",
		"-x264-params", fmt.Sprintf("keyint=%[1]d:min-keyint=%[1]d:scenecut=0:ref=2:repeat-headers=1:aud=1:slices=1:threads=1", keys), "-f", "h264", file,
	}
}

// label burns in the camera's name and a running counter.
func label(s scene, size int) string {
	text := func(what, x string) string {
		return fmt.Sprintf(`drawtext=fontfile=%s:text='%s':x=%s:y=h/30:fontsize=%d:fontcolor=white:borderw=2:bordercolor=black@0.7`, font, what, x, size)
	}
	return text(s.label, "w/40") + "," + text(`%{pts\:hms}`, "w-tw-w/40")
}

// code draws the pictures at the given shares of the scene into ffmpeg.
func code(ctx context.Context, s scene, shares []float64, outputs []string) (err error) {
	args := append([]string{"-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-video_size", fmt.Sprintf("%dx%d", width, height), "-framerate", fmt.Sprint(rate), "-i", "-"}, outputs...)
	cmd := exec.CommandContext(ctx, "ffmpeg", args...)
	cmd.Stderr = os.Stderr
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pipe.Close(), cmd.Wait()) }()
	background := newShot(s.lens, s.light)
	s.still(background)
	for _, share := range shares {
		now := background.copy()
		s.moving(now, share)
		if _, err := pipe.Write(now.finish(s.look)); err != nil {
			return err
		}
	}
	return nil
}
