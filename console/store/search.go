package store

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"guardroom/console/intake"
	"guardroom/console/replay"
	"guardroom/devices"
)

// PointSignals reads what a point said, newest first. Limits stand in the text of
// queries: a plan that does not know them expects a tenth of everything.
func (s Replay) PointSignals(ctx context.Context, q replay.SignalQuery) ([]intake.Line, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	w := within(q)
	w.and("point = ?", plain(string(q.Point)))
	if q.Past != (replay.Mark{}) {
		w.and("id < ?", q.Past.ID)
	}
	rows, _ := s.DB.Pool.Query(ctx, `SELECT `+lineColumns+` FROM signals `+w.sql()+` ORDER BY id DESC LIMIT `+strconv.Itoa(q.Limit), w.args...)
	list, err := pgx.CollectRows(rows, scanLine)
	if err != nil {
		return nil, fmt.Errorf("read what point %s said: %w", q.Point, err)
	}
	return list, nil
}

func within(q replay.SignalQuery) *where {
	w := &where{}
	if q.Stations != nil {
		w.and("station = ANY(?)", q.Stations)
	}
	if !q.From.IsZero() {
		w.and("received >= ?", q.From)
	}
	if !q.To.IsZero() {
		w.and("received < ?", q.To)
	}
	return w
}

// CardSignals reads where cards were shown, oldest first: from what is digested,
// and from the journal itself what is not.
func (s Replay) CardSignals(ctx context.Context, q replay.SignalQuery) ([]intake.Line, error) {
	var cards [][]byte
	for _, c := range q.Cards {
		raw, err := hex.DecodeString(c)
		if err != nil {
			return nil, &replay.InvalidError{Field: "card", Reason: "is not the keyed hash of a card"}
		}
		cards = append(cards, raw)
	}
	var list []intake.Line
	err := s.look(ctx, func(ctx context.Context, tx pgx.Tx) error {
		after := max(q.From.UnixMicro(), q.Past.At)
		rows, _ := tx.Query(ctx, `
			SELECT signal FROM journal_cards
			 WHERE card = ANY($1) AND received >= $2 AND received < $3 AND (received, signal) > ($4, $5)
			 ORDER BY received, signal LIMIT `+strconv.Itoa(most(q)), cards, time.UnixMicro(after), q.To, time.UnixMicro(q.Past.At), q.Past.ID)
		ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return err
		}
		rows, _ = tx.Query(ctx, `
			SELECT `+lineColumns+` FROM signals
			 WHERE id = ANY($1) AND received >= $2 AND received < $3 AND ($4::text[] IS NULL OR station = ANY($4))
			 ORDER BY received, id`, ids, time.UnixMicro(after), q.To, q.Stations)
		if list, err = pgx.CollectRows(rows, scanLine); err != nil {
			return err
		}
		tail, err := beyond(ctx, tx)
		if err != nil {
			return err
		}
		rows, _ = tx.Query(ctx, `
			SELECT `+lineColumns+` FROM signals
			 WHERE `+tail+` AND detail->>'`+devices.CardHashDetail+`' = ANY($1)
			   AND received >= $2 AND received < $3 AND (received, id) > ($4, $5) AND ($6::text[] IS NULL OR station = ANY($6))
			 ORDER BY received, id LIMIT `+strconv.Itoa(q.Limit), q.Cards, time.UnixMicro(after), q.To, time.UnixMicro(q.Past.At), q.Past.ID, q.Stations)
		fresh, err := pgx.CollectRows(rows, scanLine)
		list = append(list, fresh...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read where a card was shown: %w", err)
	}
	slices.SortStableFunc(list, func(a, b intake.Line) int { return a.Received.Compare(b.Received) })
	return list[:min(len(list), q.Limit)], nil
}

// most is how many cards are looked at: those at other stations drop out after.
func most(q replay.SignalQuery) int {
	if q.Stations == nil {
		return q.Limit
	}
	return 20 * q.Limit
}

// ActorActs reads what somebody did, oldest first.
func (s Replay) ActorActs(ctx context.Context, q replay.ActQuery) ([]replay.Act, error) {
	w := actsWithin(q, "at")
	w.and("actor = ?", plain(q.Actor))
	w.and("actor <> 'system'") // the index leaves it out: it is no person
	if q.Past != (replay.Mark{}) {
		w.and("(at, change, index) > (?, ?, ?)", time.UnixMicro(q.Past.At), q.Past.ID, q.Past.Index)
	}
	return s.acts(ctx, w, `SELECT `+auditColumns+` FROM audit_entries `+w.sql()+` ORDER BY at, change, index LIMIT `+strconv.Itoa(q.Limit))
}

func actsWithin(q replay.ActQuery, at string) *where {
	w := &where{}
	if q.Stations != nil {
		w.and("station = ANY(?)", q.Stations)
	}
	if !q.From.IsZero() {
		w.and(at+" >= ?", q.From)
	}
	if !q.To.IsZero() {
		w.and(at+" < ?", q.To)
	}
	return w
}

// TextActs reads what was done in words, newest first.
func (s Replay) TextActs(ctx context.Context, q replay.ActQuery) ([]replay.Act, error) {
	w := actsWithin(q, "at")
	if q.Past != (replay.Mark{}) {
		w.and("(change, index) < (?, ?)", q.Past.ID, q.Past.Index)
	}
	w.and("words @@ ?::tsquery", q.Terms.Strict())
	found, err := s.acts(ctx, w, `
		WITH hits AS MATERIALIZED (SELECT change AS c, index AS i FROM audit_words `+w.sql()+`)
		SELECT `+auditColumns+`
		  FROM (SELECT c, i FROM hits ORDER BY c DESC, i DESC LIMIT `+strconv.Itoa(q.Limit)+`) h,
		       LATERAL (SELECT * FROM audit_entries WHERE change = h.c AND index = h.i OFFSET 0) e
		 ORDER BY change DESC, index DESC`)
	if err != nil || q.Past != (replay.Mark{}) { // what is not taken over yet is on the first page
		return found, err
	}
	rest := actsWithin(q, "at")
	last, err := s.recordedUpto(ctx)
	if err != nil {
		return nil, err
	}
	rest.and("change > " + strconv.FormatInt(last, 10)) // in the text: the plan must know how few they are
	rest.and("action <> 'intake.commit'")
	fresh, err := s.acts(ctx, rest, `SELECT `+auditColumns+` FROM audit_entries `+rest.sql()+` ORDER BY change DESC, index DESC LIMIT 1000`)
	if err != nil {
		return nil, err
	}
	all := slices.DeleteFunc(fresh, func(a replay.Act) bool {
		return !q.Terms.Fit(actWords(a.Action, a.Subject, a.ActorName, a.Params))
	})
	for _, a := range found { // taken over between the two looks
		if !slices.ContainsFunc(all, func(b replay.Act) bool { return a.Change == b.Change && a.Index == b.Index }) {
			all = append(all, a)
		}
	}
	return all[:min(len(all), q.Limit)], nil
}

// recordedUpto is the last change whose words are taken over.
func (s Replay) recordedUpto(ctx context.Context) (change int64, err error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	if err = s.DB.Pool.QueryRow(ctx, `SELECT change FROM journal_follower`).Scan(&change); err != nil {
		err = fmt.Errorf("read how far the record is taken over: %w", err)
	}
	return change, err
}

func (s Replay) acts(ctx context.Context, w *where, sql string) ([]replay.Act, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, sql, w.args...)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (replay.Act, error) {
		e, err := scanEntry(row)
		if e.Params == nil {
			e.Params = map[string]string{}
		}
		return replay.Act{Change: e.Change, Index: e.Index, At: e.At, Station: e.Station, Actor: e.Actor, ActorName: e.Name,
			Address: e.Address, Action: e.Action, Subject: e.Subject, Params: e.Params}, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the record: %w", err)
	}
	return list, nil
}

// CardsOf are the keyed hashes of the cards of a cardholder.
func (s Replay) CardsOf(ctx context.Context, stations []string, person string) ([]string, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	var known bool
	var card string
	rows, _ := s.DB.Pool.Query(ctx, `
		SELECT coalesce(card_hash, '') FROM cardholders WHERE id = $1 AND ($2::text[] IS NULL OR station = ANY($2))`, plain(person), stations)
	if _, err := pgx.ForEachRow(rows, []any{&card}, func() error {
		known = true
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read the card of person %.64q: %w", person, err)
	}
	switch {
	case !known:
		return nil, replay.ErrNotFound
	case card == "":
		return nil, nil
	}
	return []string{card}, nil
}

// exportLock is held, shared, while somebody carries the journal away; the number
// has no meaning but to be ours.
const exportLock = 0x67756173

// During calls fn while nothing is dropped from the journal.
func (s Replay) During(ctx context.Context, fn func(ctx context.Context) error) error {
	c, err := s.DB.Pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("hold the journal: %w", err)
	}
	defer c.Release()
	if _, err := c.Exec(ctx, `SELECT pg_advisory_lock_shared($1)`, exportLock); err != nil {
		return fmt.Errorf("hold the journal: %w", err)
	}
	defer func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.DB.o.Deadline)
		defer cancel()
		if _, err := c.Exec(end, `SELECT pg_advisory_unlock_shared($1)`, exportLock); err != nil {
			_ = c.Conn().Close(end) // the lock ends with the connection
		}
	}()
	return fn(ctx)
}

// fewTexts is how many sayings of a segment are looked up one by one; of more, the
// segment is read through.
const (
	fewTexts  = 200
	mostTexts = 5000 // that fit a query and are known before any segment is read
)

// TextSignals reads what was said in words, newest first. The words are looked for
// in the list of things that are ever said; the segments say where.
func (s Replay) TextSignals(ctx context.Context, q replay.SignalQuery) ([]intake.Line, error) {
	var list []intake.Line
	err := s.look(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var err error
		if list, err = textTail(ctx, tx, q); err != nil || len(list) >= q.Limit {
			return err
		}
		fits, all, err := fitting(ctx, tx, q)
		if err != nil || all && len(fits) == 0 {
			return err
		}
		segments, err := textSegments(ctx, tx, q)
		if err != nil {
			return err
		}
		loaded := 0
		for i := range segments {
			if len(list) >= q.Limit {
				return nil
			}
			if i == loaded { // one, then two, then four: most pages end early
				loaded = min(2*loaded+1, len(segments))
				if err := readTexts(ctx, tx, segments[i:loaded]); err != nil {
					return err
				}
			}
			seg := &segments[i]
			here := fits
			if !all {
				if here, err = fittingIn(ctx, tx, q, seg.texts); err != nil {
					return err
				}
			}
			found, err := seg.read(ctx, tx, q, here, q.Limit-len(list))
			if err != nil {
				return err
			}
			list = append(list, found...)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("search the journal: %w", err)
	}
	return list, nil
}

// saying is a thing said that fits a query.
type saying struct {
	key   [16]byte
	point string
	kind  string
	words []string // only where its numbers must be looked at
}

// sayings are by number, as segments name them.
type sayings map[int32]saying

const selectSayings = `
	SELECT id, key, point, kind, CASE WHEN $2 THEN tsvector_to_array(words) END
	  FROM journal_texts
	 WHERE words @@ $1::tsquery AND ($3::text[] IS NULL OR station = ANY($3))`

// fitting reads the sayings that fit, unless they are very many.
func fitting(ctx context.Context, tx pgx.Tx, q replay.SignalQuery) (fits sayings, all bool, err error) {
	rows, _ := tx.Query(ctx, selectSayings+` LIMIT `+strconv.Itoa(mostTexts+1), q.Terms.Query(), q.Terms.Vague(), q.Stations)
	fits, err = readSayings(rows)
	return fits, len(fits) <= mostTexts, err
}

// fittingIn reads those of texts that fit.
func fittingIn(ctx context.Context, tx pgx.Tx, q replay.SignalQuery, texts []int32) (sayings, error) {
	rows, _ := tx.Query(ctx, selectSayings+` AND id = ANY($4)`, q.Terms.Query(), q.Terms.Vague(), q.Stations, texts)
	return readSayings(rows)
}

func readSayings(rows pgx.Rows) (sayings, error) {
	fits := sayings{}
	_, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		var id int32
		var key []byte
		var s saying
		err := row.Scan(&id, &key, &s.point, &s.kind, &s.words)
		if err == nil {
			s.key = [16]byte(key) // the table holds no others
			fits[id] = s
		}
		return struct{}{}, err
	})
	if err != nil {
		return nil, fmt.Errorf("find words: %w", err)
	}
	return fits, nil
}

// textSegment is a segment and what was said in it.
type textSegment struct {
	span
	id    int64
	texts []int32
}

func textSegments(ctx context.Context, tx pgx.Tx, q replay.SignalQuery) ([]textSegment, error) {
	before := endless
	if q.Past != (replay.Mark{}) {
		before = q.Past.ID
	}
	rows, _ := tx.Query(ctx, `
		SELECT id, after_signal, least(upto_signal, $3::bigint - 1), from_at, to_at FROM journal_segments
		 WHERE to_at >= $1 AND from_at < $2 AND after_signal < $3::bigint - 1
		 ORDER BY id DESC`, q.From, q.To, before)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p textSegment, err error) {
		return p, row.Scan(&p.id, &p.afterSignal, &p.uptoSignal, &p.from, &p.to)
	})
	if err != nil {
		return nil, fmt.Errorf("read segments: %w", err)
	}
	return list, nil
}

// readTexts reads what was said in segments: thousands of numbers each, so that
// only those are read whose turn has come, and as the bytes that they are.
func readTexts(ctx context.Context, tx pgx.Tx, segments []textSegment) error {
	ids, at := make([]int64, len(segments)), make(map[int64]*textSegment, len(segments))
	for i := range segments {
		ids[i], at[segments[i].id] = segments[i].id, &segments[i]
	}
	rows, _ := tx.Query(ctx, `SELECT id, array_send(texts) FROM journal_segments WHERE id = ANY($1)`, ids)
	var id int64
	var raw []byte
	_, err := pgx.ForEachRow(rows, []any{&id, &raw}, func() (err error) {
		at[id].texts, err = numbersOf(raw)
		return err
	})
	if err != nil {
		return fmt.Errorf("read what was said in segments: %w", err)
	}
	return nil
}

// numbersOf reads an int4[] of one dimension as PostgreSQL sends it in binary:
// dimensions, flags and type; length and lower bound; then each element's length
// and value (src/backend/utils/adt/arrayfuncs.c, array_send).
func numbersOf(raw []byte) ([]int32, error) {
	const head, element = 20, 8
	if len(raw) == 12 && binary.BigEndian.Uint32(raw) == 0 {
		return nil, nil
	}
	if len(raw) < head || binary.BigEndian.Uint32(raw) != 1 || (len(raw)-head)%element != 0 || int(binary.BigEndian.Uint32(raw[12:])) != (len(raw)-head)/element {
		return nil, errors.New("this is no list of whole numbers")
	}
	list := make([]int32, 0, (len(raw)-head)/element)
	for raw = raw[head:]; len(raw) > 0; raw = raw[element:] {
		list = append(list, int32(binary.BigEndian.Uint32(raw[4:]))) //nolint:gosec // it was an int32
	}
	return list, nil
}

// Where most rows may fit, few are read at first, and then more at a time.
const (
	atFirst = 250
	atOnce  = 2000
)

// read reads at most limit signals of a segment that say one of fits, newest first.
func (p *textSegment) read(ctx context.Context, tx pgx.Tx, q replay.SignalQuery, fits sayings, limit int) ([]intake.Line, error) {
	here := map[[16]byte]saying{}
	pairs := map[[2]string]bool{}
	for _, id := range p.texts {
		if s, fit := fits[id]; fit {
			here[s.key] = s
			pairs[[2]string{s.point, s.kind}] = true
		}
	}
	if len(here) == 0 {
		return nil, nil
	}
	var found []intake.Line
	if len(pairs) <= fewTexts {
		list, err := p.readPairs(ctx, tx, q, pairs)
		for i := 0; i < len(list) && len(found) < limit; i++ {
			if saysOne(here, q.Terms, &list[i]) {
				found = append(found, list[i])
			}
		}
		return found, err
	}
	most := atFirst
	for upto := p.uptoSignal; len(found) < limit; {
		list, err := p.readThrough(ctx, tx, q, upto, most)
		if err != nil {
			return nil, err
		}
		for i := 0; i < len(list) && len(found) < limit; i++ {
			if saysOne(here, q.Terms, &list[i]) {
				found = append(found, list[i])
			}
		}
		if len(list) < most {
			break
		}
		upto, most = list[len(list)-1].ID-1, min(2*most, atOnce)
	}
	return found, nil
}

// saysOne reports whether l says one of sayings, its numbers being those asked for.
func saysOne(fits map[[16]byte]saying, terms replay.Terms, l *intake.Line) bool {
	say := replay.Say(&replay.Heard{Station: l.Station, Point: l.Point, Kind: l.Kind, State: l.State, Text: l.Text})
	s, fit := fits[say.Key()]
	if !fit || s.words == nil {
		return fit
	}
	words := append(replay.Words(string(l.Kind), l.State, l.Text, string(l.Point)), s.words...)
	slices.Sort(words)
	return terms.Fit(words)
}

func (p *textSegment) conditions(q replay.SignalQuery) *where {
	w := &where{}
	w.and("s.id > ?", p.afterSignal)
	w.and("s.received >= ?", later(p.from, q.From))
	w.and("s.received <= ?", p.to)
	w.and("s.received < ?", q.To)
	if q.Stations != nil {
		w.and("s.station = ANY(?)", q.Stations)
	}
	return w
}

func (p *textSegment) readThrough(ctx context.Context, tx pgx.Tx, q replay.SignalQuery, upto int64, most int) ([]intake.Line, error) {
	w := p.conditions(q)
	w.and("s.id <= ?", upto)
	rows, _ := tx.Query(ctx, `SELECT `+lineColumns+` FROM signals s `+w.sql()+` ORDER BY id DESC LIMIT `+strconv.Itoa(most), w.args...)
	return pgx.CollectRows(rows, scanLine)
}

func (p *textSegment) readPairs(ctx context.Context, tx pgx.Tx, q replay.SignalQuery, pairs map[[2]string]bool) ([]intake.Line, error) {
	points, kinds := make([]string, 0, len(pairs)), make([]string, 0, len(pairs))
	for pair := range pairs {
		points, kinds = append(points, pair[0]), append(kinds, pair[1])
	}
	w := p.conditions(q)
	w.and("s.id <= ?", p.uptoSignal)
	rows, _ := tx.Query(ctx, `
		SELECT `+lineColumns+`
		  FROM (SELECT s.* FROM unnest(`+w.arg(points)+`::text[], `+w.arg(kinds)+`::text[]) p (point, kind),
		               LATERAL (SELECT * FROM signals s `+w.sql()+` AND s.point = p.point AND s.kind = p.kind) s) s
		 ORDER BY id DESC`, w.args...)
	return pgx.CollectRows(rows, scanLine)
}

// textTail finds words in what is not digested yet; that is never much, and a page
// that has gone past it reads none of it.
func textTail(ctx context.Context, tx pgx.Tx, q replay.SignalQuery) ([]intake.Line, error) {
	before := endless
	if q.Past != (replay.Mark{}) {
		before = q.Past.ID
	}
	tail, err := beyond(ctx, tx)
	if err != nil {
		return nil, err
	}
	rows, _ := tx.Query(ctx, `
		SELECT `+lineColumns+` FROM signals
		 WHERE `+tail+` AND id < $1 AND received >= $2 AND received < $3
		   AND ($4::text[] IS NULL OR station = ANY($4))
		 ORDER BY id DESC LIMIT `+strconv.Itoa(mostTail), before, q.From, q.To, q.Stations)
	list, err := pgx.CollectRows(rows, scanLine)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	labels := map[string][]string{}
	points := map[string]bool{}
	for i := range list {
		points[string(list[i].Point)] = true
	}
	names := make([]string, 0, len(points))
	for p := range points {
		names = append(names, p)
	}
	rows, _ = tx.Query(ctx, selectLabels+` WHERE p.id = ANY($1)`, names)
	var point, station, text string
	if _, err := pgx.ForEachRow(rows, []any{&point, &station, &text}, func() error {
		labels[point] = replay.Words(text)
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read the names of points: %w", err)
	}
	var found []intake.Line
	for _, l := range list {
		words := append(replay.Words(string(l.Kind), l.State, l.Text, string(l.Point)), labels[string(l.Point)]...)
		slices.Sort(words)
		if q.Terms.Fit(words) {
			found = append(found, l)
		}
	}
	return found[:min(len(found), q.Limit)], nil
}

// beyond is the condition of signals that no segment holds. The number stands in
// the text, so that the plan knows how few they are.
func beyond(ctx context.Context, tx pgx.Tx) (string, error) {
	var signal int64
	if err := tx.QueryRow(ctx, `SELECT signal FROM journal_follower`).Scan(&signal); err != nil {
		return "", fmt.Errorf("read how far the journal is digested: %w", err)
	}
	return "id > " + strconv.FormatInt(signal, 10), nil
}

// mostTail bounds what is read of the undigested journal. The digester lets it grow
// to its segment's rows; only a flood that it cannot follow makes it longer.
const mostTail = 50_000
