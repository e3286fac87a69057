package sites

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image/png"
	"net/http"
	"time"
)

// Picture is a picture as it is kept: rebuilt by this program, never the bytes
// that somebody sent.
type Picture struct {
	Hash     string    `json:"hash"` // SHA-256 of Data, in hexadecimal
	Station  string    `json:"station"`
	Kind     string    `json:"kind" enum:"svg,png"`
	Width    float64   `json:"width"`
	Height   float64   `json:"height"`
	Bytes    int       `json:"bytes"`
	LeftOut  []string  `json:"left_out"` // what an SVG held and may not hold: names of elements and attributes
	Uploaded time.Time `json:"uploaded"`
	Data     []byte    `json:"-"`
}

// Limits of a picture.
const (
	MaxPicture = 8 << 20    // bytes, as sent and as kept
	maxPixels  = 24_000_000 // of a PNG: 6000 by 4000
)

// ReadPicture rebuilds a PNG or an SVG. What is neither is refused with the reason.
func ReadPicture(data []byte) (Picture, error) {
	if len(data) == 0 || len(data) > MaxPicture {
		return Picture{}, invalid("drawing", "a file of 1 byte to %d MB", MaxPicture>>20)
	}
	var p Picture
	var err error
	if http.DetectContentType(data) == "image/png" {
		p, err = readPNG(data)
	} else {
		p, err = readSVG(data)
	}
	if err != nil {
		return Picture{}, err
	}
	if len(p.Data) > MaxPicture {
		return Picture{}, invalid("drawing", "is above %d MB when rebuilt", MaxPicture>>20)
	}
	sum := sha256.Sum256(p.Data)
	p.Hash, p.Bytes = hex.EncodeToString(sum[:]), len(p.Data)
	if p.LeftOut == nil {
		p.LeftOut = []string{}
	}
	return p, nil
}

// readPNG decodes and encodes anew, which leaves out everything but the pixels.
func readPNG(data []byte) (Picture, error) {
	config, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return Picture{}, invalid("drawing", "is a broken PNG: %v", err)
	}
	if config.Width < 1 || config.Height < 1 || config.Width > maxPixels/config.Height {
		return Picture{}, invalid("drawing", "has %d by %d pixels; at most %d million", config.Width, config.Height, maxPixels/1_000_000)
	}
	picture, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return Picture{}, invalid("drawing", "is a broken PNG: %v", err)
	}
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&out, picture); err != nil {
		return Picture{}, fmt.Errorf("encode PNG: %w", err)
	}
	return Picture{Kind: "png", Width: float64(config.Width), Height: float64(config.Height), Data: out.Bytes()}, nil
}

// ContentType is the media type of a kind of picture.
func ContentType(kind string) string {
	if kind == "png" {
		return "image/png"
	}
	return "image/svg+xml"
}

func validHash(hash string) bool {
	raw, err := hex.DecodeString(hash)
	return err == nil && len(raw) == sha256.Size && hash == hex.EncodeToString(raw)
}
