package people

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	_ "image/png" // photos may be PNG
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Limits of photos. A photo is read whole; what it says of its size is asked
// before it is unpacked.
const (
	MaxArchive   = 64 << 20
	maxEntries   = 100_000
	maxPhotoFile = 8 << 20
	maxPixels    = 24 << 20
	faceWidth    = 240
	faceHeight   = 300
	faceQuality  = 80
)

// Photos finds the photo of a file name.
type Photos interface {
	// Photo returns the bytes, or fs.ErrNotExist.
	Photo(name string) ([]byte, error)
}

// Archive is a ZIP of photos. Folders in it do not matter.
type Archive struct{ files map[string]*zip.File }

// OpenArchive reads the directory of a ZIP.
func OpenArchive(from io.ReaderAt, size int64) (*Archive, error) {
	z, err := zip.NewReader(from, size)
	if err != nil {
		return nil, &InvalidError{Field: "photos", Reason: "is no ZIP archive"}
	}
	if len(z.File) > maxEntries {
		return nil, &InvalidError{Field: "photos", Reason: fmt.Sprintf("holds more than %d files", maxEntries)}
	}
	a := &Archive{files: make(map[string]*zip.File, len(z.File))}
	for _, f := range z.File {
		if !f.FileInfo().IsDir() {
			a.files[strings.ToLower(path.Base(strings.ReplaceAll(f.Name, `\`, "/")))] = f
		}
	}
	return a, nil
}

// Photo unpacks one file.
func (a *Archive) Photo(name string) ([]byte, error) {
	f := a.files[strings.ToLower(name)]
	if f == nil {
		return nil, fs.ErrNotExist
	}
	in, err := f.Open()
	if err != nil {
		return nil, errors.New("cannot be unpacked")
	}
	defer in.Close()
	return bounded(in)
}

// Folder is a folder of photos.
type Folder string

// Photo reads one file of the folder.
func (dir Folder) Photo(name string) ([]byte, error) {
	if name == "." || name == ".." || strings.ContainsAny(name, `/\`) {
		return nil, fs.ErrNotExist
	}
	in, err := os.Open(filepath.Join(string(dir), name))
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fs.ErrNotExist
		}
		return nil, errors.New("cannot be opened")
	}
	defer in.Close()
	return bounded(in)
}

func bounded(in io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(in, maxPhotoFile+1))
	switch {
	case err != nil:
		return nil, errors.New("cannot be read to its end")
	case len(data) > maxPhotoFile:
		return nil, fmt.Errorf("is larger than %d MiB", maxPhotoFile>>20)
	}
	return data, nil
}

// photoKey names a photo by its file's content.
func photoKey(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:16])
}

// Face makes a photo anew: JPEG, at most 240 by 300, without anything else that
// the file held. The error is in words.
func Face(data []byte) ([]byte, error) {
	config, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil || format != "jpeg" && format != "png" {
		return nil, errors.New("is neither JPEG nor PNG")
	}
	if config.Width < 1 || config.Height < 1 || config.Width > maxPixels/config.Height {
		return nil, fmt.Errorf("has %d by %d pixels: too many", config.Width, config.Height)
	}
	picture, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, errors.New("is damaged")
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, shrink(picture), &jpeg.Options{Quality: faceQuality}); err != nil {
		return nil, errors.New("cannot be made anew")
	}
	return out.Bytes(), nil
}

// shrink fits a picture into the size of a face, each pixel the mean of those
// that it stands for.
func shrink(from image.Image) image.Image {
	b := from.Bounds()
	w, h := b.Dx(), b.Dy()
	tw, th := w, h
	if tw > faceWidth {
		tw, th = faceWidth, max(1, h*faceWidth/w)
	}
	if th > faceHeight {
		tw, th = max(1, tw*faceHeight/th), faceHeight
	}
	to := image.NewRGBA(image.Rect(0, 0, tw, th))
	for y := range th {
		y0, y1 := b.Min.Y+y*h/th, b.Min.Y+max((y+1)*h/th, y*h/th+1)
		for x := range tw {
			x0, x1 := b.Min.X+x*w/tw, b.Min.X+max((x+1)*w/tw, x*w/tw+1)
			to.SetRGBA(x, y, mean(from, x0, y0, x1, y1))
		}
	}
	return to
}

// samples bounds how many pixels of each line and column a mean looks at: more
// are not seen in a face.
const samples = 4

func mean(from image.Image, x0, y0, x1, y1 int) color.RGBA {
	var r, g, b, n uint32
	dx, dy := max(1, (x1-x0)/samples), max(1, (y1-y0)/samples)
	for y := y0; y < y1; y += dy {
		for x := x0; x < x1; x += dx {
			pr, pg, pb, pa := from.At(x, y).RGBA()
			white := 0xffff - pa // what is transparent is white
			r, g, b, n = r+(pr+white)>>8, g+(pg+white)>>8, b+(pb+white)>>8, n+1
		}
	}
	return color.RGBA{uint8(r / n), uint8(g / n), uint8(b / n), 255}
}
