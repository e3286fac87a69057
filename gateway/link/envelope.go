package link

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"guardroom/devices"
)

// Limits of one message on alarms and signals.
const (
	MaxSignals = 200
	MaxBytes   = 256 << 10
)

// SpecVersion is the CloudEvents version of the envelope.
const SpecVersion = "1.0"

const (
	typePrefix = "guardroom."
	typeSuffix = ".v1"
)

// envelope is one signal as a CloudEvents 1.0 event in structured JSON.
// sequence is a decimal string, as CloudEvents has no 64-bit integer.
type envelope struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"`     // "<gateway>/<epoch>/<seq>"
	Source          string          `json:"source"` // "/<station>/<gateway>"
	Type            string          `json:"type"`   // "guardroom.<kind>.v1"
	Subject         string          `json:"subject"`
	Time            time.Time       `json:"time"` // occurred
	DataContentType string          `json:"datacontenttype,omitempty"`
	Sequence        json.RawMessage `json:"sequence,omitempty"`
	Observed        time.Time       `json:"observed"`
	Clock           devices.Clock   `json:"clock,omitempty"`
	Historical      bool            `json:"historical,omitempty"`
	Data            signalData      `json:"data"`
}

type signalData struct {
	Active *bool             `json:"active,omitempty"`
	State  string            `json:"state,omitempty"`
	Text   string            `json:"text,omitempty"`
	Detail map[string]string `json:"detail,omitempty"`
}

// EncodeSignals writes signals of one gateway as one message. The caller keeps
// to MaxSignals and MaxBytes.
func EncodeSignals(station string, signals []devices.Signal) ([]byte, error) {
	events := make([]envelope, len(signals))
	for i, s := range signals {
		gateway := s.Point.Gateway()
		active := s.Active
		events[i] = envelope{
			SpecVersion:     SpecVersion,
			ID:              SignalID(gateway, s.Epoch, s.Seq),
			Source:          "/" + station + "/" + gateway,
			Type:            typePrefix + string(s.Kind) + typeSuffix,
			Subject:         s.Point.Local(),
			Time:            s.Occurred.UTC(),
			DataContentType: "application/json",
			Sequence:        json.RawMessage(`"` + strconv.FormatUint(s.Seq, 10) + `"`),
			Observed:        s.Observed.UTC(),
			Clock:           s.Clock,
			Historical:      s.Historical,
			Data:            signalData{Active: &active, State: s.State, Text: s.Text, Detail: s.Detail},
		}
	}
	return json.Marshal(events)
}

// SignalID is the id under which the database refuses the second of two.
func SignalID(gateway string, epoch, seq uint64) string {
	return gateway + "/" + strconv.FormatUint(epoch, 10) + "/" + strconv.FormatUint(seq, 10)
}

// ParseSignalID is the inverse of SignalID.
func ParseSignalID(id string) (gateway string, epoch, seq uint64, err error) {
	gateway, rest, ok := strings.Cut(id, "/")
	epochText, seqText, ok2 := strings.Cut(rest, "/")
	if !ok || !ok2 || !devices.ValidID(gateway) {
		return "", 0, 0, fmt.Errorf("id %q is not <gateway>/<epoch>/<seq>", clip(id))
	}
	if epoch, err = strconv.ParseUint(epochText, 10, 63); err != nil {
		return "", 0, 0, fmt.Errorf("id %q: bad epoch", clip(id))
	}
	if seq, err = strconv.ParseUint(seqText, 10, 63); err != nil || seq == 0 {
		return "", 0, 0, fmt.Errorf("id %q: bad sequence number", clip(id))
	}
	return gateway, epoch, seq, nil
}

// A BadSignal is one event of a message that cannot be understood. When its id
// could be read, Epoch and Seq are set, and the sequence has no hole there.
type BadSignal struct {
	Index      int
	Epoch, Seq uint64 // zero when unknown
	Raw        json.RawMessage
	Err        error
}

func (b BadSignal) Error() string { return fmt.Sprintf("event %d: %v", b.Index, b.Err) }

// DecodeSignals reads one message of the given station and gateway. Events that
// cannot be understood come back one by one, so that a bad one never takes a
// good one with it; err is for a message that is no array of events at all.
func DecodeSignals(station, gateway string, payload []byte) (good []devices.Signal, bad []BadSignal, err error) {
	if len(payload) > MaxBytes {
		return nil, nil, fmt.Errorf("message of %d bytes is over %d", len(payload), MaxBytes)
	}
	// The common case: a well-formed array decodes in one pass.
	var events []envelope
	if json.Unmarshal(payload, &events) == nil {
		if len(events) > MaxSignals {
			return nil, nil, fmt.Errorf("%d events in a message, over %d", len(events), MaxSignals)
		}
		good = make([]devices.Signal, 0, len(events))
		for i := range events {
			s, err := events[i].signal(station, gateway)
			if err != nil {
				raw, _ := json.Marshal(events[i])
				if mended, ok := salvage(gateway, raw, err); ok {
					good = append(good, mended)
					continue
				}
				bad = append(bad, badSignal(i, raw, gateway, events[i].ID, err))
				continue
			}
			good = append(good, s)
		}
		return good, bad, nil
	}
	var raws []json.RawMessage
	if err := json.Unmarshal(payload, &raws); err != nil {
		return nil, nil, fmt.Errorf("not a JSON array of events: %w", err)
	}
	if len(raws) > MaxSignals {
		return nil, nil, fmt.Errorf("%d events in a message, over %d", len(raws), MaxSignals)
	}
	for i, raw := range raws {
		var e envelope
		err := json.Unmarshal(raw, &e)
		if err == nil {
			var s devices.Signal
			if s, err = e.signal(station, gateway); err == nil {
				good = append(good, s)
				continue
			}
		}
		if mended, ok := salvage(gateway, raw, err); ok {
			good = append(good, mended)
			continue
		}
		var only struct {
			ID string `json:"id"`
		}
		_ = json.Unmarshal(raw, &only) // best effort: an unreadable id leaves it empty
		bad = append(bad, badSignal(i, raw, gateway, only.ID, err))
	}
	return good, bad, nil
}

// Damaged is the detail of a signal that broke the rules of the wire and was
// mended; its value says which rule.
const Damaged = "damaged"

// salvage reads what it can of an event that breaks the rules. As long as it says
// which number it is, what happened and where, it is a signal: an alarm is never
// set aside for its trimmings. What cannot be read counts as the worse: active,
// and now.
func salvage(gateway string, raw json.RawMessage, why error) (devices.Signal, bool) {
	var e struct{ ID, Type, Subject, Time, Observed, Data json.RawMessage }
	if json.Unmarshal(raw, &e) != nil {
		return devices.Signal{}, false
	}
	text := func(raw json.RawMessage) string {
		var s string
		_ = json.Unmarshal(raw, &s) // what is no string is empty
		return s
	}
	owner, epoch, seq, err := ParseSignalID(text(e.ID))
	kind, ours := strings.CutPrefix(text(e.Type), typePrefix)
	version := strings.LastIndex(kind, ".v")
	if err != nil || owner != gateway || !ours || version < 1 {
		return devices.Signal{}, false
	}
	if _, err := strconv.ParseUint(kind[version+2:], 10, 16); err != nil {
		return devices.Signal{}, false
	}
	s := devices.Signal{
		Point: devices.PointID(gateway + "/" + text(e.Subject)), Kind: devices.Kind(kind[:version]), Active: true,
		Clock: devices.Unsynced, Epoch: epoch, Seq: seq, Detail: map[string]string{Damaged: tidy(why.Error())},
	}
	var data map[string]json.RawMessage
	if json.Unmarshal(e.Data, &data) == nil {
		s.Active = string(data["active"]) != "false"
		s.State, s.Text = tidy(text(data["state"])), tidy(text(data["text"]))
	}
	for _, at := range []json.RawMessage{e.Observed, e.Time} {
		if parsed, err := time.Parse(time.RFC3339, text(at)); err == nil && plausible(parsed) && s.Observed.IsZero() {
			s.Observed = parsed
		}
	}
	if s.Observed.IsZero() {
		s.Observed = time.Now().UTC().Truncate(time.Millisecond)
	}
	s.Occurred = s.Observed
	return s, s.Validate() == nil
}

func badSignal(i int, raw json.RawMessage, gateway, id string, err error) BadSignal {
	b := BadSignal{Index: i, Raw: raw, Err: err}
	if g, epoch, seq, idErr := ParseSignalID(id); idErr == nil && g == gateway {
		b.Epoch, b.Seq = epoch, seq
	}
	return b
}

var errOtherGateway = errors.New("the id names another gateway than the topic")

func (e *envelope) signal(station, gateway string) (devices.Signal, error) {
	if e.SpecVersion != SpecVersion {
		return devices.Signal{}, fmt.Errorf("specversion %q is not %s", clip(e.SpecVersion), SpecVersion)
	}
	owner, epoch, seq, err := ParseSignalID(e.ID)
	if err != nil {
		return devices.Signal{}, err
	}
	if owner != gateway {
		return devices.Signal{}, errOtherGateway
	}
	if e.Source != "" && e.Source != "/"+station+"/"+gateway && !strings.HasPrefix(e.Source, "/"+station+"/"+gateway+"/") {
		return devices.Signal{}, fmt.Errorf("source %q is not /%s/%s", clip(e.Source), station, gateway)
	}
	if len(e.Sequence) > 0 && string(e.Sequence) != "null" {
		if text := strings.Trim(string(e.Sequence), `"`); text != strconv.FormatUint(seq, 10) {
			return devices.Signal{}, fmt.Errorf("sequence %s differs from the id's %d", clip(text), seq)
		}
	}
	kind, ok := strings.CutPrefix(e.Type, typePrefix)
	if kind, ok2 := strings.CutSuffix(kind, typeSuffix); ok && ok2 {
		return e.filled(gateway, devices.Kind(kind), epoch, seq)
	}
	return devices.Signal{}, fmt.Errorf("type %q is not %s<kind>%s", clip(e.Type), typePrefix, typeSuffix)
}

func (e *envelope) filled(gateway string, kind devices.Kind, epoch, seq uint64) (devices.Signal, error) {
	s := devices.Signal{
		Point:      devices.PointID(gateway + "/" + e.Subject),
		Kind:       kind,
		Active:     e.Data.Active == nil || *e.Data.Active,
		Occurred:   e.Time,
		Observed:   e.Observed,
		Clock:      e.Clock,
		State:      e.Data.State,
		Text:       e.Data.Text,
		Detail:     e.Data.Detail,
		Epoch:      epoch,
		Seq:        seq,
		Historical: e.Historical,
	}
	if s.Observed.IsZero() {
		s.Observed = s.Occurred
	}
	if s.Occurred.IsZero() {
		s.Occurred = s.Observed
	}
	// An alarm is never turned away for its trimmings: what is merely odd is
	// mended, only what cannot be placed is refused.
	switch s.Clock {
	case devices.Synced, devices.Holdover, devices.Unsynced:
	default:
		s.Clock = devices.Unsynced
	}
	if !plausible(s.Occurred) {
		s.Occurred = s.Observed
	}
	if !plausible(s.Observed) {
		return devices.Signal{}, fmt.Errorf("observed in the year %d", s.Observed.Year())
	}
	s.State, s.Text = tidy(s.State), tidy(s.Text)
	s.Detail = tidyAll(s.Detail)
	return s, s.Validate()
}

func plausible(t time.Time) bool { y := t.Year(); return y >= 1970 && y <= 9999 }

// Limits of the free words of a signal; what is longer is cut.
const (
	maxText    = 1000
	maxDetails = 32
)

// tidy makes a device's own words fit to be stored: no NUL, no endless text.
func tidy(s string) string {
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "\uFFFD")
	}
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "")
	}
	return s
}

func tidyAll(detail map[string]string) map[string]string {
	var tidied map[string]string
	for k, v := range detail {
		if tidy(k) != k || tidy(v) != v || len(detail) > maxDetails {
			tidied = map[string]string{}
			break
		}
	}
	if tidied == nil {
		return detail
	}
	for _, k := range slices.Sorted(maps.Keys(detail)) {
		if len(tidied) < maxDetails {
			tidied[tidy(k)] = tidy(detail[k])
		}
	}
	return tidied
}
