package intake

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"guardroom/console/alarms"
	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/devices"
	"guardroom/gateway/link"
)

// group is one transaction in the making. It works on copies of the tracks,
// which count only after the commit.
type group struct {
	now      time.Time
	before   map[string]*track
	tracks   map[string]*track
	stations map[string]string
	fresh    map[confirmKey][]uint64 // numbers to remember, by sequence
	touched  []confirmKey            // sequences of which anything came, each once
	at       map[confirmKey]*sequence
	gaps     map[confirmKey][]Gap

	records    []Record
	own        []Record // what the console itself says; numbered in the transaction
	letters    []Letter
	duplicates int
}

// commit stores messages, and holes as gaps, in one transaction; then the
// messages are done and their gateways get a confirm. The shards of the messages
// are busy meanwhile; the holes are of s.
func (s *shard) commit(ctx context.Context, messages []*message, holes map[string]map[uint64][]span) error {
	g := &group{now: s.in.o.Now(), before: map[string]*track{}, tracks: map[string]*track{}, stations: map[string]string{},
		fresh: map[confirmKey][]uint64{}, gaps: map[confirmKey][]Gap{}, at: map[confirmKey]*sequence{}}
	for _, m := range messages {
		owner := s.in.shard(m.gateway)
		t, err := owner.track(ctx, m.gateway)
		if err != nil {
			return fmt.Errorf("read the progress of gateway %s: %w", m.gateway, err)
		}
		t.heard = g.now
		owner.stations[m.gateway] = m.station
		g.before[m.gateway], g.stations[m.gateway] = t, m.station
	}
	for gateway := range holes {
		g.before[gateway], g.stations[gateway] = s.tracks[gateway], s.stations[gateway]
	}
	for _, m := range messages {
		g.take(m)
	}
	g.declare(holes)
	g.settle()
	if !g.empty() {
		if err := s.journal.Commit(ctx, g.write); err != nil {
			return err
		}
		s.in.groups.Add(1)
	}
	for gateway, t := range g.tracks {
		s.in.shard(gateway).tracks[gateway] = t
	}
	s.in.signals.Add(int64(len(g.records) + len(g.own)))
	s.in.letters.Add(int64(len(g.letters)))
	s.in.duplicates.Add(int64(g.duplicates))
	for _, m := range messages {
		m.finish()
	}
	s.in.confirm.tell(g.confirms())
	return nil
}

// sequence is the group's copy of a sequence.
func (g *group) sequence(gateway string, epoch uint64) *sequence {
	key := confirmKey{gateway, epoch}
	if q := g.at[key]; q != nil {
		return q
	}
	t := g.tracks[gateway]
	if t == nil {
		t = g.before[gateway].clone()
		g.tracks[gateway] = t
	}
	q := t.sequence(epoch, g.now)
	g.touched, g.at[key] = append(g.touched, key), q
	return q
}

// take sorts one message into what is new, what is known and what is bad.
func (g *group) take(m *message) {
	switch {
	case m.own:
		g.own = append(g.own, Record{Signal: clean(m.good[0]), Station: m.station, Gateway: m.gateway, Received: m.received})
		return
	case m.err != nil:
		g.bury(m, m.err.Error(), 0, 0, m.payload)
		return
	}
	for _, signal := range m.good {
		if reason := forbidden(signal); reason != "" {
			if g.note(m.gateway, signal.Epoch, signal.Seq) {
				g.bury(m, reason, signal.Epoch, signal.Seq, nil)
			}
			continue
		}
		if g.note(m.gateway, signal.Epoch, signal.Seq) {
			g.records = append(g.records, Record{Signal: clean(signal), Station: m.station, Gateway: m.gateway, Received: m.received})
		}
		if signal.Kind == devices.SpoolGap && m.channel == link.Signals {
			g.explain(m.gateway, signal)
		}
	}
	for _, bad := range m.bad {
		if bad.Seq == 0 || g.note(m.gateway, bad.Epoch, bad.Seq) {
			g.bury(m, bad.Err.Error(), bad.Epoch, bad.Seq, bad.Raw)
		}
	}
}

// forbidden says why a gateway may not say this.
func forbidden(s devices.Signal) string {
	if s.Kind == devices.GatewayLost {
		return "only the console says that a gateway is lost"
	}
	return ""
}

// note takes a number into its sequence and reports whether it is new.
func (g *group) note(gateway string, epoch, seq uint64) bool {
	q := g.sequence(gateway, epoch)
	fresh, late := q.take(seq, g.now)
	if !fresh {
		g.duplicates++
		return false
	}
	key := confirmKey{gateway, epoch}
	if late {
		seq |= lateBit
	}
	g.fresh[key] = append(g.fresh[key], seq)
	return true
}

// lateBit marks a number that fills a gap; sequence numbers have 63 bits.
const lateBit = 1 << 63

// explain records what a gateway says it has dropped. Only the lane that keeps
// the order may say so: what the gateway still had before the drop has come by
// then, and the mark may move over the rest.
func (g *group) explain(gateway string, s devices.Signal) {
	epoch, err1 := strconv.ParseUint(s.Detail[link.GapEpoch], 10, 63)
	first, err2 := strconv.ParseUint(s.Detail[link.GapFrom], 10, 63)
	last, err3 := strconv.ParseUint(s.Detail[link.GapTo], 10, 63)
	if err1 != nil || err2 != nil || err3 != nil || first == 0 || last < first ||
		epoch > s.Epoch || epoch == s.Epoch && last > s.Seq {
		return // the alarm stands; the hole is found by its age
	}
	why := s.Detail[link.GapWhy]
	if why == "" {
		why = "dropped"
	}
	g.skip(gateway, epoch, first, last, "gateway: "+why)
}

func (g *group) skip(gateway string, epoch, first, last uint64, why string) []span {
	missing := g.sequence(gateway, epoch).skip(first, last, g.now)
	key := confirmKey{gateway, epoch}
	for _, m := range missing {
		g.gaps[key] = append(g.gaps[key], Gap{Span: Span{m.First, m.Last}, Found: g.now, Why: why})
	}
	return missing
}

// declare gives up on holes, with an alarm for each gateway.
func (g *group) declare(holes map[string]map[uint64][]span) {
	for gateway, epochs := range holes {
		for epoch, spans := range epochs {
			var missing []span
			for _, h := range spans {
				missing = append(missing, g.skip(gateway, epoch, h.First, h.Last, "missing")...)
			}
			if len(missing) > 0 {
				g.missing(gateway, epoch, missing)
			}
		}
	}
}

func (g *group) missing(gateway string, epoch uint64, spans []span) {
	var count uint64
	var ranges []string
	for _, s := range spans {
		count += s.Last - s.First + 1
		if len(ranges) < 50 {
			ranges = append(ranges, fmt.Sprintf("%d-%d", s.First, s.Last))
		}
	}
	g.say(gateway, fmt.Sprintf("%d signals of this gateway never came.", count), map[string]string{
		"epoch": strconv.FormatUint(epoch, 10), "ranges": strings.Join(ranges, ","), "count": strconv.FormatUint(count, 10),
	})
}

// say raises signals.missing: something was said that nobody could see.
func (g *group) say(gateway, text string, detail map[string]string) {
	g.own = append(g.own, Record{
		Signal: devices.Signal{
			Point: devices.MakePointID(gateway, devices.GatewayDevice, devices.SpoolPoint), Kind: devices.SignalsMissing,
			Active: true, Occurred: g.now, Observed: g.now, Clock: devices.Synced, Text: text, Detail: detail,
		},
		Station: g.stations[gateway], Gateway: gateway, Received: g.now,
	})
}

const largestLetter = 64 << 10

func (g *group) bury(m *message, reason string, epoch, seq uint64, payload []byte) {
	g.letters = append(g.letters, Letter{
		Station: m.station, Gateway: m.gateway, Received: m.received, Reason: reason, Epoch: epoch, Seq: seq,
		Topic:   link.Topic{Station: m.station, Gateway: m.gateway, Channel: m.channel}.String(),
		Payload: string(payload[:min(len(payload), largestLetter)]),
	})
}

// settle moves the marks, and says of each gateway how much could not be read.
func (g *group) settle() {
	for _, key := range g.touched {
		g.at[key].settle(g.now)
	}
	unread := map[string][]Letter{}
	for _, l := range g.letters {
		unread[l.Gateway] = append(unread[l.Gateway], l)
	}
	for gateway, letters := range unread {
		g.say(gateway, fmt.Sprintf("%d signals of this gateway could not be read and are set aside: %s", len(letters), clip(letters[0].Reason)),
			map[string]string{"set_aside": strconv.Itoa(len(letters))})
	}
}

func (g *group) empty() bool {
	return len(g.records)+len(g.own)+len(g.letters)+len(g.gaps) == 0
}

// write is the transaction.
func (g *group) write(ctx context.Context, tx Tx) error {
	if err := tx.Advance(ctx, g.marks()); err != nil {
		return err
	}
	records := slices.Clone(g.records)
	for _, r := range g.own {
		seq, err := tx.Next(ctx, r.Gateway)
		if err != nil {
			return err
		}
		r.Epoch, r.Seq = 0, seq
		records = append(records, r)
	}
	if err := tx.Append(ctx, records); err != nil {
		return err
	}
	if err := tx.Bury(ctx, g.letters); err != nil {
		return err
	}
	raised, err := consider(ctx, tx, records)
	if err != nil {
		return err
	}
	// What only passes by is in the journal; a row for each group of a quiet site
	// would bury what people did. The record tells of what somebody must see.
	if len(raised)+len(g.letters)+len(g.gaps) > 0 {
		tx.Audit(g.entry(raised))
	}
	return nil
}

// consider lets the alarm machine have the records that are alarms, with those
// that set its rules off, and returns the alarms.
func consider(ctx context.Context, tx Tx, records []Record) ([]Record, error) {
	var signals, raised []Record
	for _, r := range records {
		alarm := r.Kind.Info().Alarm
		if alarm {
			raised = append(raised, r)
		}
		if alarm || alarms.Ruling(r.Kind) {
			signals = append(signals, r)
		}
	}
	if len(signals) == 0 {
		return nil, nil
	}
	board, about, err := tx.Board(ctx, signals)
	if err != nil {
		return nil, err
	}
	for _, r := range signals {
		board.Apply(alarms.Heard{Signal: r.Signal, Station: r.Station, Received: r.Received, About: about[r.Point]})
	}
	return raised, tx.Keep(ctx, board)
}

// entry is the record of the group: what came, counted, and its first alarms.
func (g *group) entry(raised []Record) audit.Entry {
	params := map[string]string{
		"signals": strconv.Itoa(len(g.records) + len(g.own)),
		"alarms":  strconv.Itoa(len(raised)),
	}
	const named = 5
	var first []string
	for _, r := range raised[:min(len(raised), named)] {
		word := string(r.Kind) + " " + string(r.Point)
		if !r.Active {
			word += " restored"
		}
		first = append(first, word)
	}
	if len(first) > 0 {
		params["first"] = strings.Join(first, ", ")
	}
	if len(g.letters) > 0 {
		params["set_aside"] = strconv.Itoa(len(g.letters))
	}
	if len(g.gaps) > 0 {
		params["gaps"] = strconv.Itoa(len(g.gaps))
	}
	station, subject, several := "", "", false
	for _, list := range [][]Record{g.records, g.own} {
		for _, r := range list {
			several = several || station != "" && r.Station != station
			station = r.Station
			if subject == "" {
				subject = "gateway:" + r.Gateway
			} else if subject != "gateway:"+r.Gateway {
				subject = "gateways"
			}
		}
	}
	if several {
		station = ""
	}
	return audit.By(auth.System(), station, "intake.commit", subject, params)
}

// marks are the sequences that this group changed.
func (g *group) marks() []Mark {
	var marks []Mark
	for _, key := range g.touched {
		if len(g.fresh[key]) == 0 && len(g.gaps[key]) == 0 {
			continue
		}
		q := g.at[key]
		m := Mark{Station: g.stations[key.gateway], Gateway: key.gateway, Epoch: key.epoch, Upto: q.upto, Gaps: g.gaps[key]}
		if was := g.before[key.gateway].epochs[key.epoch]; was != nil {
			m.Was, m.Version = was.upto, was.version
			m.Settled = len(was.above) > 0 && q.upto > was.upto
		}
		for _, n := range g.fresh[key] {
			if n&lateBit != 0 {
				m.Add = append(m.Add, n&^lateBit)
			} else if n > q.upto {
				m.Add = append(m.Add, n)
			}
		}
		q.version = m.Version + 1
		marks = append(marks, m)
	}
	return marks
}

// confirms are the marks of everything that came, new or known. A gateway that
// speaks in an older epoch than one it has used before is told of the newest,
// too: its spool is an older copy of itself, and must number anew, or what it
// says now would pass for older than what is known.
func (g *group) confirms() []confirmed {
	var all []confirmed
	for _, key := range g.touched {
		all = append(all, confirmed{g.stations[key.gateway], key.gateway, key.epoch, g.at[key].upto})
		newest := key.epoch
		for epoch := range g.tracks[key.gateway].epochs {
			newest = max(newest, epoch)
		}
		if newest != key.epoch {
			all = append(all, confirmed{g.stations[key.gateway], key.gateway, newest, g.tracks[key.gateway].epochs[newest].upto})
		}
	}
	return all
}

// clean replaces what PostgreSQL cannot keep, so that an alarm is not set aside
// for a byte in its text, and cuts words that no screen can show.
func clean(s devices.Signal) devices.Signal {
	s.State, s.Text = clip(plain(s.State)), clip(plain(s.Text))
	for k, v := range s.Detail {
		if p := plain(k); p != k || plain(v) != v {
			detail := make(map[string]string, len(s.Detail))
			for k, v := range s.Detail {
				detail[plain(k)] = plain(v)
			}
			s.Detail = detail
			break
		}
	}
	return s
}

func plain(s string) string {
	if strings.IndexByte(s, 0) < 0 && utf8.ValidString(s) {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

func clip(s string) string {
	const most = 1000
	if len(s) <= most {
		return s
	}
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
