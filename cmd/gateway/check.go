package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"guardroom/gateway"
)

// check prints what the gateway would do with a configuration, and how it reads
// given or live words.
func check(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("gateway check", flag.ContinueOnError)
	path := flags.String("config", "gateway.yaml", "configuration file")
	device := flags.String("device", "", "only this device")
	live := flags.Bool("live", false, "read the devices once and show what they say; nothing is written")
	asJSON := flags.Bool("json", false, "print JSON")
	given := map[int][]uint16{}
	flags.Func("words", "READ=HEX: words of one read of the plan, such as 0=1400 0A2F…; may stand several times", func(s string) error {
		return words(given, s)
	})
	if err := flags.Parse(args); err != nil {
		return err
	}
	config, err := gateway.Load(*path)
	if err != nil {
		return fmt.Errorf("the configuration cannot be used:\n%w", err)
	}
	if *device != "" {
		config.Devices = slices.DeleteFunc(config.Devices, func(d gateway.DeviceConfig) bool { return d.ID != *device })
		if len(config.Devices) == 0 {
			return fmt.Errorf("the configuration has no device %q", *device)
		}
	}
	plans := gateway.Plans(config)
	if len(given) > 0 && len(plans) != 1 {
		return fmt.Errorf("-words belong to one device: name it with -device")
	}
	for i, d := range config.Devices {
		switch {
		case *live:
			err = gateway.ReadLive(ctx, d, &plans[i])
		case len(given) > 0:
			plans[i].Decoded, err = gateway.Decode(d, given)
		}
		if err != nil {
			return err
		}
	}
	if *asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(plans)
	}
	for _, p := range plans {
		if err := show(out, p); err != nil {
			return err
		}
	}
	if *device == "" && len(given) == 0 {
		showCameras(out, config.Cameras)
	}
	return nil
}

// showCameras prints where each camera is pulled from, and what is kept of it.
func showCameras(out io.Writer, cameras []gateway.CameraConfig) {
	if len(cameras) == 0 {
		return
	}
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "CAMERA\tNAME\tMAIN\tSUB\tTURNS BY\tKEPT\tSEES")
	for _, c := range cameras {
		kept := "nothing"
		switch {
		case c.Record.Playback != "":
			kept = "by a recorder of the station"
		case c.Record.Hours > 0:
			kept = fmt.Sprintf("%d h of %s", c.Record.Hours, c.Record.Stream)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", c.ID, c.Name, c.Main, orDash(c.Sub), orDash(c.ONVIF), kept, orDash(strings.Join(c.Sees, " ")))
	}
	_ = w.Flush()
}

// words reads READ=HEX into given. Spaces and commas between words are allowed.
func words(given map[int][]uint16, s string) error {
	number, text, ok := strings.Cut(s, "=")
	read, err := strconv.Atoi(strings.TrimSpace(number))
	if !ok || err != nil || read < 0 {
		return fmt.Errorf("%q is not READ=HEX", s)
	}
	raw, err := hex.DecodeString(strings.NewReplacer(" ", "", ",", "", "_", "").Replace(text))
	if err != nil || len(raw)%2 != 0 {
		return fmt.Errorf("%q: four hex digits for each word are wanted", text)
	}
	for i := 0; i < len(raw); i += 2 {
		given[read] = append(given[read], uint16(raw[i])<<8|uint16(raw[i+1]))
	}
	return nil
}

func show(out io.Writer, p gateway.Plan) error {
	fmt.Fprintf(out, "%s  %s  at %s", p.Device, p.Profile, p.Address)
	if p.Unit != 0 {
		fmt.Fprintf(out, " unit %d", p.Unit)
	}
	fmt.Fprintf(out, "\n  source: %s\n", strings.Join(strings.Fields(p.Source), " "))
	fmt.Fprintf(out, "  polled each %s, slow values each %s\n", p.Fast, p.Slow)
	if p.LifeSign != "" {
		fmt.Fprintf(out, "  life-sign: %s\n", p.LifeSign)
	}
	for _, topic := range p.Topics {
		fmt.Fprintf(out, "  listens to %s\n", topic)
	}
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	if len(p.Reads) > 0 {
		fmt.Fprintln(w, "\n  READ\tTABLE\tADDRESS\tCOUNT\tTIER\t")
		for _, r := range p.Reads {
			fmt.Fprintf(w, "  %d\t%s\t%d\t%d\t%s\t%s\n", r.Read, r.Table, r.Address, r.Count, r.Tier, r.Error)
		}
	}
	fmt.Fprintln(w, "\n  POINT\tNAME\tTYPE\tSTATES\tSIGNALS\tCOMMANDS")
	for _, point := range p.Points {
		var kinds, verbs []string
		for _, k := range point.Kinds {
			kinds = append(kinds, string(k))
		}
		for _, v := range point.Verbs {
			verbs = append(verbs, string(v))
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\t%s\n", point.ID, point.Name, point.Type,
			orDash(strings.Join(point.States, " "), point.Unit), orDash(strings.Join(kinds, " ")), orDash(strings.Join(verbs, " ")))
	}
	showCommands(w, p)
	showDecoded(w, p)
	fmt.Fprintln(w)
	return w.Flush()
}

func showCommands(w io.Writer, p gateway.Plan) {
	title := "\n  COMMAND\tCOMES TO\tCONFIRMED WHEN\tNOTE\n"
	for _, point := range p.Points {
		for _, c := range point.Commands {
			fmt.Fprint(w, title)
			title = ""
			var notes []string
			if c.OffByDefault {
				notes = append(notes, "off by default")
			}
			if c.NeedsReason {
				notes = append(notes, "needs a reason")
			}
			fmt.Fprintf(w, "  %s %s\t%s\t%s\t%s\n", point.ID, c.Verb, orDash(strings.Join(c.Writes, ", "), c.Topic),
				orDash(c.Confirm, "the device's answer"), strings.Join(notes, ", "))
		}
	}
}

func showDecoded(w io.Writer, p gateway.Plan) {
	if len(p.Decoded) == 0 {
		return
	}
	fmt.Fprintln(w, "\n  POINT\tSHOWS\tQUALITY\tHOLDS\tFROM")
	for _, d := range p.Decoded {
		shows := d.State
		if len(d.States) > 0 {
			shows = strings.Join(d.States, " ")
		}
		if d.Value != nil {
			shows = strings.TrimSpace(shows + " " + strconv.FormatFloat(*d.Value, 'g', 6, 64))
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\n", d.Point, orDash(shows, d.Text), d.Quality, orDash(strings.Join(d.Conditions, " ")), d.Source)
	}
}

func orDash(words ...string) string {
	for _, s := range words {
		if s != "" {
			return s
		}
	}
	return "-"
}
