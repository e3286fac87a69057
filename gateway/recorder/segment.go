package recorder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"guardroom/devices/picture"
	"guardroom/devices/rtsp"
)

// segment is a file that is whole.
type segment struct {
	path       string
	begin, end time.Time
	size       int64
	stuck      bool // the file system does not let go of it
}

const (
	wholeSuffix = ".mp4"
	tornSuffix  = ".part"
)

// ticks is an instant on the time line of the files: since 1970, in units of
// rtsp.ClockRate.
func ticks(at time.Time) uint64 {
	return uint64(at.Unix())*rtsp.ClockRate + uint64(at.Nanosecond())*rtsp.ClockRate/1e9
}

func instant(t uint64) time.Time {
	return time.Unix(int64(t/rtsp.ClockRate), int64(t%rtsp.ClockRate*1e9/rtsp.ClockRate)).UTC()
}

func wholeName(begin, end time.Time) string {
	return fmt.Sprintf("%d-%d%s", begin.UnixMilli(), end.UnixMilli(), wholeSuffix)
}

// parseName reads what wholeName writes.
func parseName(name string) (begin, end time.Time, ok bool) {
	first, last, cut := strings.Cut(strings.TrimSuffix(name, wholeSuffix), "-")
	from, err := strconv.ParseInt(first, 10, 64)
	to, err2 := strconv.ParseInt(last, 10, 64)
	if !cut || err != nil || err2 != nil || to < from || from < 0 {
		return time.Time{}, time.Time{}, false
	}
	return time.UnixMilli(from).UTC(), time.UnixMilli(to).UTC(), true
}

// findSegments lists the files of an earlier run, and makes whole what it left
// torn.
func (t *Track) findSegments() ([]segment, error) {
	entries, err := os.ReadDir(t.folder)
	if err != nil {
		return nil, fmt.Errorf("read the recordings of %s: %w", t.id, err)
	}
	var found []segment
	for _, e := range entries {
		path := filepath.Join(t.folder, e.Name())
		if strings.HasSuffix(e.Name(), tornSuffix) {
			if path, err = mend(path); err != nil {
				t.r.o.Log.Warn("recorder: a segment that was being written cannot be mended", "camera", t.id, "file", e.Name(), "error", err)
				continue
			}
			if path == "" {
				continue
			}
		}
		begin, end, ok := parseName(filepath.Base(path))
		if !ok || !strings.HasSuffix(path, wholeSuffix) {
			continue
		}
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read the recordings of %s: %w", t.id, err)
		}
		found = append(found, segment{path: path, begin: begin, end: end, size: info.Size()})
	}
	slices.SortFunc(found, func(a, b segment) int { return a.begin.Compare(b.begin) })
	return found, nil
}

// mend cuts the torn tail off a segment and gives it its name; an empty path
// says that nothing whole was in it.
func mend(path string) (string, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	_, whole, parts, err := picture.Parts(f, info.Size())
	if err != nil {
		return "", err
	}
	if len(parts) == 0 {
		return "", os.Remove(path)
	}
	if err := f.Truncate(whole); err != nil {
		return "", err
	}
	if err := f.Sync(); err != nil {
		return "", err
	}
	name := filepath.Join(filepath.Dir(path), wholeName(instant(parts[0].Base), instant(parts[len(parts)-1].End())))
	return name, os.Rename(path, name)
}
