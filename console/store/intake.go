package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"guardroom/console/alarms"
	"guardroom/console/intake"
	"guardroom/devices"
)

// Intake keeps what console/intake commits.
type Intake struct{ DB *DB }

var _ intake.Journal = Intake{}

// Commit runs fn in one writing transaction.
func (s Intake) Commit(ctx context.Context, fn func(ctx context.Context, tx intake.Tx) error) error {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error { return fn(ctx, intakeTx{tx}) })
	return err
}

// Transient is store.Transient.
func (s Intake) Transient(err error) bool { return Transient(err) }

// Poison is store.Poison.
func (s Intake) Poison(err error) bool { return Poison(err) }

// Load reads what is committed of a gateway; what lies behind holes comes as
// runs, however many numbers they have.
func (s Intake) Load(ctx context.Context, gateway string) ([]intake.Progress, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	found := map[uint64]*intake.Progress{}
	var order []uint64
	at := func(epoch uint64) *intake.Progress {
		if found[epoch] == nil {
			found[epoch] = &intake.Progress{Epoch: epoch}
			order = append(order, epoch)
		}
		return found[epoch]
	}
	// One transaction: a mark from one instant and gaps from another would count
	// a number as missing that is there.
	err := pgx.BeginTxFunc(ctx, s.DB.Pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		var epoch, a, b uint64
		rows, _ := tx.Query(ctx, `SELECT epoch, upto, version FROM gateway_progress WHERE gateway = $1 ORDER BY epoch`, gateway)
		if _, err := pgx.ForEachRow(rows, []any{&epoch, &a, &b}, func() error {
			p := at(epoch)
			p.Upto, p.Version = a, int64(b)
			return nil
		}); err != nil {
			return err
		}
		rows, _ = tx.Query(ctx, `
			SELECT epoch, min(seq), max(seq)
			  FROM (SELECT epoch, seq, seq - row_number() OVER (PARTITION BY epoch ORDER BY seq) AS run
			          FROM signal_keys WHERE gateway = $1) k
			 GROUP BY epoch, run
			 ORDER BY epoch, min(seq)`, gateway)
		if _, err := pgx.ForEachRow(rows, []any{&epoch, &a, &b}, func() error {
			p := at(epoch)
			p.Present = append(p.Present, intake.Span{First: a, Last: b})
			return nil
		}); err != nil {
			return err
		}
		rows, _ = tx.Query(ctx, `SELECT epoch, first, last FROM signal_gaps WHERE gateway = $1 ORDER BY epoch, first`, gateway)
		_, err := pgx.ForEachRow(rows, []any{&epoch, &a, &b}, func() error {
			p := at(epoch)
			p.Gaps = append(p.Gaps, intake.Span{First: a, Last: b})
			return nil
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the progress of gateway %s: %w", gateway, err)
	}
	all := make([]intake.Progress, 0, len(order))
	for _, epoch := range order {
		all = append(all, *found[epoch])
	}
	return all, nil
}

// Unsettled lists the gateways with something committed behind a hole.
func (s Intake) Unsettled(ctx context.Context) ([]intake.Gateway, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `
		SELECT g.gateway, coalesce((SELECT station FROM gateways WHERE id = g.gateway), '')
		  FROM (SELECT DISTINCT k.gateway
		          FROM signal_keys k
		          LEFT JOIN gateway_progress p USING (gateway, epoch)
		         WHERE k.seq > coalesce(p.upto, 0)) g
		 ORDER BY g.gateway`)
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (g intake.Gateway, err error) {
		return g, row.Scan(&g.ID, &g.Station)
	})
	if err != nil {
		return nil, fmt.Errorf("read unsettled gateways: %w", err)
	}
	return all, nil
}

// intakeTx is a writing transaction as intake uses it.
type intakeTx struct{ *Tx }

// Advance locks and writes the marks, with the next statements that are sent.
func (t intakeTx) Advance(_ context.Context, marks []intake.Mark) error {
	if len(marks) == 0 {
		return nil
	}
	var known, fresh markColumns
	for _, m := range marks {
		if m.Version == 0 {
			fresh.add(m)
		} else {
			known.add(m)
		}
	}
	count := func(wanted int) func(n int64) error {
		return func(n int64) error {
			if int(n) != wanted {
				return intake.ErrOvertaken
			}
			return nil
		}
	}
	if n := len(known.gateways); n > 0 {
		t.queue("write marks", count(n), `
			UPDATE gateway_progress p
			   SET upto = m.upto, version = p.version + 1
			  FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[]) m (gateway, epoch, upto, version)
			 WHERE p.gateway = m.gateway AND p.epoch = m.epoch AND p.version = m.version`,
			known.gateways, known.epochs, known.uptos, known.versions)
	}
	if n := len(fresh.gateways); n > 0 {
		t.queue("write first marks", count(n), `
			INSERT INTO gateway_progress (gateway, epoch, upto)
			SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[])
			ON CONFLICT DO NOTHING`, fresh.gateways, fresh.epochs, fresh.uptos)
	}
	for _, m := range marks {
		t.writeNumbers(m)
	}
	return nil
}

// writeNumbers writes what lies behind m: gaps, and keys of what is not settled.
func (t intakeTx) writeNumbers(m intake.Mark) {
	if len(m.Gaps) > 0 {
		t.queue("write gaps", nil, `
			INSERT INTO signal_gaps (gateway, epoch, first, last, station, found, why)
			SELECT $1, $2, g.first, g.last, $5, $6, $7 FROM unnest($3::bigint[], $4::bigint[]) g (first, last)
			ON CONFLICT DO NOTHING`, m.Gateway, int64(m.Epoch), firsts(m.Gaps), lasts(m.Gaps), m.Station, m.Gaps[0].Found, plain(m.Gaps[0].Why))
	}
	if m.Settled {
		t.queue("delete settled keys", nil, `
			DELETE FROM signal_keys k
			 WHERE k.gateway = $1 AND k.epoch = $2 AND k.seq > $3 AND k.seq <= $4
			   AND NOT EXISTS (SELECT FROM signal_gaps g
			                    WHERE g.gateway = k.gateway AND g.epoch = k.epoch AND k.seq BETWEEN g.first AND g.last)`,
			m.Gateway, int64(m.Epoch), int64(m.Was), int64(m.Upto))
	}
	if len(m.Add) > 0 {
		t.queue("write keys", nil, `INSERT INTO signal_keys (gateway, epoch, seq) SELECT $1, $2, * FROM unnest($3::bigint[])`,
			m.Gateway, int64(m.Epoch), signed(m.Add))
	}
}

type markColumns struct {
	gateways                []string
	epochs, uptos, versions []int64
}

func (c *markColumns) add(m intake.Mark) {
	c.gateways = append(c.gateways, m.Gateway)
	c.epochs = append(c.epochs, int64(m.Epoch))
	c.uptos = append(c.uptos, int64(m.Upto))
	c.versions = append(c.versions, m.Version)
}

func signed(numbers []uint64) []int64 {
	all := make([]int64, len(numbers))
	for i, n := range numbers {
		all[i] = int64(n)
	}
	return all
}

func firsts(gaps []intake.Gap) (all []int64) {
	for _, g := range gaps {
		all = append(all, int64(g.First))
	}
	return all
}

func lasts(gaps []intake.Gap) (all []int64) {
	for _, g := range gaps {
		all = append(all, int64(g.Last))
	}
	return all
}

// Next draws the next number of what the console says of a gateway.
func (t intakeTx) Next(ctx context.Context, gateway string) (uint64, error) {
	if err := t.flush(ctx); err != nil { // the marks first: they are the lock
		return 0, err
	}
	var seq int64
	err := t.QueryRow(ctx, `
		INSERT INTO console_sequence AS c (gateway, seq) VALUES ($1, 1)
		ON CONFLICT (gateway) DO UPDATE SET seq = c.seq + 1
		RETURNING seq`, gateway).Scan(&seq)
	if err != nil {
		return 0, fmt.Errorf("number a signal of the console: %w", err)
	}
	return uint64(seq), nil
}

// Append writes the journal: one statement, in the order given.
func (t intakeTx) Append(ctx context.Context, records []intake.Record) error {
	if len(records) == 0 {
		return nil
	}
	n := len(records)
	received, occurred, observed := make([]time.Time, n), make([]time.Time, n), make([]time.Time, n)
	epochs, seqs := make([]int64, n), make([]int64, n)
	active, historical := make([]bool, n), make([]bool, n)
	stations, gateways, points := make([]string, n), make([]string, n), make([]string, n)
	kinds, clocks, states, texts := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	details := make([]*string, n)
	for i, r := range records {
		received[i], occurred[i], observed[i] = r.Received, r.Occurred, r.Observed
		epochs[i], seqs[i], active[i], historical[i] = int64(r.Epoch), int64(r.Seq), r.Active, r.Historical
		stations[i], gateways[i], points[i] = r.Station, r.Gateway, string(r.Point)
		kinds[i], clocks[i], states[i], texts[i] = string(r.Kind), string(r.Clock), r.State, r.Text
		if len(r.Detail) > 0 {
			raw, err := json.Marshal(r.Detail)
			if err != nil {
				return fmt.Errorf("write detail of %s: %w", r.Point, err)
			}
			text := string(raw)
			details[i] = &text
		}
	}
	t.queue(fmt.Sprintf("write %d signals", n), nil, `
		INSERT INTO signals (received, occurred, observed, epoch, seq, active, historical, demo,
		                     station, gateway, point, kind, clock, state, text, detail)
		SELECT s.received, s.occurred, s.observed, s.epoch, s.seq, s.active, s.historical, coalesce(g.demo, false),
		       s.station, s.gateway, s.point, s.kind, s.clock, s.state, s.text, s.detail::jsonb
		  FROM unnest($1::timestamptz[], $2::timestamptz[], $3::timestamptz[], $4::bigint[], $5::bigint[], $6::bool[], $7::bool[],
		              $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[])
		       WITH ORDINALITY s (received, occurred, observed, epoch, seq, active, historical,
		                          station, gateway, point, kind, clock, state, text, detail, place)
		  LEFT JOIN gateways g ON g.id = s.gateway
		 ORDER BY s.place`,
		received, occurred, observed, epochs, seqs, active, historical,
		stations, gateways, points, kinds, clocks, states, texts, details)
	return t.ring(ctx, records)
}

// Bury writes dead letters.
func (t intakeTx) Bury(_ context.Context, letters []intake.Letter) error {
	for _, l := range letters {
		t.queue("write dead letter", nil, `
			INSERT INTO dead_letters (station, gateway, topic, received, reason, epoch, seq, payload)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			plain(l.Station), plain(l.Gateway), plain(l.Topic), l.Received, plain(l.Reason), int64(l.Epoch), int64(l.Seq), []byte(l.Payload))
	}
	return nil
}

var newID alarms.IDs

// Board reads and locks what the alarm machine needs for signals.
func (t intakeTx) Board(ctx context.Context, signals []intake.Record) (*alarms.Board, map[devices.PointID]alarms.About, error) {
	w := wantedBy(signals)
	rules, err := t.rulesFor(ctx, signals)
	if err != nil {
		return nil, nil, err
	}
	w.target(rules, signals)
	b, about, err := t.readBoard(ctx, w)
	if err == nil {
		b.Rules = rules
	}
	return b, about, err
}

// readBoard reads and locks, in this order: conditions, removals, alarms. What
// is locked in the order of its key cannot wait for each other in a circle.
func (t *Tx) readBoard(ctx context.Context, w wanted) (*alarms.Board, map[devices.PointID]alarms.About, error) {
	b := t.newBoard()
	about := map[devices.PointID]alarms.About{}
	t.ask("read points", func(rows pgx.Rows) error { return readAbout(rows, about) }, selectAbout, w.points)
	t.ask("read conditions", func(rows pgx.Rows) error { return readConditions(rows, b.Conditions) }, `
		SELECT c.point, c.kind, c.active, c.epoch, c.seq, c.since, c.began_epoch, c.began_seq, c.raised_epoch, c.raised_seq,
		       c.shown, c.chatter_began, c.chatter_raises
		  FROM point_conditions c
		  JOIN unnest($1::text[], $2::text[]) w (point, kind) USING (point, kind)
		 ORDER BY c.point, c.kind
		   FOR UPDATE OF c`, w.keyPoints, w.keyKinds)
	t.ask("read delays", func(rows pgx.Rows) error { return readThoughts(rows, b.Thoughts) }, `
		SELECT point, kind, priority, on_delay_ms, off_delay_ms, finish_within FROM alarm_rationale WHERE point = ANY($1)`, w.points)
	t.ask("read what is held back", func(rows pgx.Rows) error { return readHeld(rows, b.Held) }, `
		SELECT h.point, h.kind, h.due, h.heard
		  FROM alarm_held h
		  JOIN unnest($1::text[], $2::text[]) w (point, kind) USING (point, kind)`, w.keyPoints, w.keyKinds)
	t.askShelves(b, w)
	t.askAlarms(b, w)
	if err := t.flush(ctx); err != nil {
		return nil, nil, err
	}
	return b, about, nil
}

func (t *Tx) newBoard() *alarms.Board {
	return &alarms.Board{
		Conditions: map[alarms.Key]alarms.Condition{}, Open: map[alarms.Key]*alarms.Alarm{},
		Thoughts: map[alarms.Key]alarms.Thought{}, Held: map[alarms.Key]*alarms.Held{},
		Policies: t.policies,
		NewID:    func() string { return newID.New(t.Now) },
	}
}

// askAlarms queues the query of the open alarms.
func (t *Tx) askAlarms(b *alarms.Board, w wanted) {
	read := func(rows pgx.Rows) error {
		list, err := pgx.CollectRows(rows, scanAlarm)
		for i := range list {
			b.Open[alarms.Key{Point: list[i].Point, Kind: list[i].Kind}] = &list[i]
		}
		return err
	}
	if len(w.panelGateways)+len(w.supervised)+len(w.targets)+len(w.targetDevices) == 0 { // the common case
		t.ask("read open alarms", read, `
		SELECT `+alarmColumns+`
		  FROM alarms a
		  JOIN unnest($1::text[], $2::text[]) w (point, kind) USING (point, kind)
		 WHERE a.open
		 ORDER BY a.id
		   FOR UPDATE OF a`, w.keyPoints, w.keyKinds)
		return
	}
	t.ask("read open alarms", read, `
		SELECT `+alarmColumns+`
		  FROM alarms a
		 WHERE a.open AND a.id IN (
		       SELECT id FROM alarms JOIN unnest($1::text[], $2::text[]) w (point, kind) USING (point, kind) WHERE open
		       UNION
		       SELECT id FROM alarms JOIN unnest($3::text[], $4::text[]) w (gateway, device) USING (gateway, device)
		        WHERE kind = 'fire.alarm' AND open
		       UNION
		       SELECT id FROM alarms WHERE gateway = ANY($5) AND kind IN ('comms.lost', 'lifesign.stopped', 'gateway.lost') AND open
		       UNION
		       SELECT id FROM alarms WHERE point = ANY($6) AND open
		       UNION
		       SELECT id FROM alarms JOIN unnest($7::text[]) w (device) ON gateway = split_part(w.device, '/', 1) AND alarms.device = split_part(w.device, '/', 2)
		        WHERE open)
		 ORDER BY a.id
		   FOR UPDATE`, w.keyPoints, w.keyKinds, w.panelGateways, w.panelDevices, w.supervised, w.targets, w.targetDevices)
}

// wanted is what a board has to be read of, as columns. Targets are points, and
// targetDevices "<gateway>/<device>", of which every open alarm is wanted.
type wanted struct {
	points                      []string
	keyPoints, keyKinds         []string
	panelGateways, panelDevices []string
	supervised                  []string
	targets, targetDevices      []string
}

func wantedBy(signals []intake.Record) wanted {
	w := wanted{points: []string{}, keyPoints: []string{}, keyKinds: []string{}, panelGateways: []string{}, panelDevices: []string{}, supervised: []string{},
		targets: []string{}, targetDevices: []string{}}
	points, keys := map[devices.PointID]bool{}, map[alarms.Key]bool{}
	panels, supervised := map[[2]string]bool{}, map[string]bool{}
	for _, s := range signals {
		if !points[s.Point] {
			points[s.Point] = true
			w.points = append(w.points, string(s.Point))
		}
		if key := (alarms.Key{Point: s.Point, Kind: s.Kind}); !keys[key] {
			keys[key] = true
			w.keyPoints, w.keyKinds = append(w.keyPoints, string(s.Point)), append(w.keyKinds, string(s.Kind))
		}
		gateway, device := s.Point.Gateway(), s.Point.Device()
		if panel := [2]string{gateway, device}; s.Kind == devices.FireAlarm && !panels[panel] {
			panels[panel] = true
			w.panelGateways, w.panelDevices = append(w.panelGateways, gateway), append(w.panelDevices, device)
		}
		if alarms.Supervision(s.Kind) && !supervised[gateway] {
			supervised[gateway] = true
			w.supervised = append(w.supervised, gateway)
		}
	}
	return w
}

// about wants every open alarm of point, or of its device when it stands for all
// of it.
func (w *wanted) about(point devices.PointID) {
	if point == alarms.AllOf(point) {
		w.targetDevices = append(w.targetDevices, point.Gateway()+"/"+point.Device())
		return
	}
	w.targets = append(w.targets, string(point))
}

// target wants what rules may take out of sight by signals.
func (w *wanted) target(rules []*alarms.SuppressionRule, signals []intake.Record) {
	seen := map[devices.PointID]bool{}
	for _, s := range signals {
		for _, r := range rules {
			if !r.Watches(s.Station, s.Point, s.Kind) {
				continue
			}
			for _, k := range r.Targets(s.Point) {
				if !seen[k.Point] {
					seen[k.Point] = true
					w.about(k.Point)
				}
			}
		}
	}
}

const selectAbout = `
	SELECT w.id, coalesce(d.name, ''), coalesce(nullif(p.given_name, ''), p.name, ''),
	       coalesce(nullif(p.location, ''), d.location, ''), coalesce(nullif(p.category, ''), d.category, ''),
	       coalesce(p.priority, 0), coalesce(p.priorities, '{}'), coalesce(g.demo, false),
	       CASE 'area' WHEN l0.kind THEN l0.id WHEN l1.kind THEN l1.id ELSE '' END,
	       CASE 'area' WHEN l0.kind THEN l0.name WHEN l1.kind THEN l1.name ELSE '' END,
	       CASE 'building' WHEN l0.kind THEN l0.id WHEN l1.kind THEN l1.id WHEN l2.kind THEN l2.id WHEN l3.kind THEN l3.id ELSE '' END,
	       CASE 'building' WHEN l0.kind THEN l0.name WHEN l1.kind THEN l1.name WHEN l2.kind THEN l2.name WHEN l3.kind THEN l3.name ELSE '' END
	  FROM unnest($1::text[]) w (id)
	  LEFT JOIN points p ON p.id = w.id
	  LEFT JOIN devices d ON d.id = split_part(w.id, '.', 1)
	  LEFT JOIN gateways g ON g.id = split_part(w.id, '/', 1)
	  LEFT JOIN point_places pp ON pp.point = w.id
	  LEFT JOIN places l0 ON l0.id = pp.place
	  LEFT JOIN places l1 ON l1.id = l0.parent
	  LEFT JOIN places l2 ON l2.id = l1.parent
	  LEFT JOIN places l3 ON l3.id = l2.parent`

func readAbout(rows pgx.Rows, into map[devices.PointID]alarms.About) error {
	var id string
	var a alarms.About
	var priorities []byte
	_, err := pgx.ForEachRow(rows, []any{&id, &a.DeviceName, &a.PointName, &a.Location, &a.Category, &a.Priority, &priorities, &a.Demo,
		&a.Area, &a.AreaName, &a.Building, &a.BuildingName}, func() error {
		about := a
		about.Priorities = nil
		// an override that cannot be read must not cost the alarm: the default holds
		_ = json.Unmarshal(priorities, &about.Priorities)
		into[devices.PointID(id)] = about
		return nil
	})
	return err
}

func readConditions(rows pgx.Rows, into map[alarms.Key]alarms.Condition) error {
	var k alarms.Key
	var c alarms.Condition
	var began *time.Time
	var shown []time.Time
	_, err := pgx.ForEachRow(rows, []any{&k.Point, &k.Kind, &c.Active, &c.At.Epoch, &c.At.Seq, &c.Since, &c.Began.Epoch, &c.Began.Seq, &c.Raised.Epoch, &c.Raised.Seq,
		&shown, &began, &c.Recent.Raises}, func() error {
		c.Since = c.Since.UTC()
		c.Recent.Shown, c.Recent.Began = nil, time.Time{}
		for _, at := range shown {
			c.Recent.Shown = append(c.Recent.Shown, at.UTC())
		}
		if began != nil {
			c.Recent.Began = began.UTC()
		}
		into[k] = c
		return nil
	})
	return err
}

func readThoughts(rows pgx.Rows, into map[alarms.Key]alarms.Thought) error {
	var k alarms.Key
	var priority, on, off, finish int
	_, err := pgx.ForEachRow(rows, []any{&k.Point, &k.Kind, &priority, &on, &off, &finish}, func() error {
		into[k] = alarms.Thought{Priority: priority, Finish: time.Duration(finish) * time.Second,
			OnDelay: time.Duration(on) * time.Millisecond, OffDelay: time.Duration(off) * time.Millisecond}
		return nil
	})
	return err
}

func readHeld(rows pgx.Rows, into map[alarms.Key]*alarms.Held) error {
	var k alarms.Key
	var due time.Time
	var heard []byte
	_, err := pgx.ForEachRow(rows, []any{&k.Point, &k.Kind, &due, &heard}, func() error {
		held := alarms.Held{Due: due.UTC()}
		// what cannot be read must not stop what comes now
		if json.Unmarshal(heard, &held.Heard) == nil {
			into[k] = &held
		}
		return nil
	})
	return err
}

// Keep writes what the machine changed.
func (t intakeTx) Keep(_ context.Context, b *alarms.Board) error { return t.keep(b) }

// keep writes conditions, removals, history and the alarms themselves.
func (t *Tx) keep(b *alarms.Board) error {
	b.Settle(t.Now)
	t.keepConditions(b)
	if err := t.keepHeld(b); err != nil {
		return err
	}
	t.keepRepeats(b)
	if err := t.keepShelves(b); err != nil {
		return err
	}
	if err := t.writeHistory(b.History()); err != nil {
		return err
	}
	return t.saveAlarms(b.Touched())
}

func (t *Tx) keepConditions(b *alarms.Board) {
	keys := b.Moved()
	if len(keys) == 0 {
		return
	}
	n := len(keys)
	points, kinds, active := make([]string, n), make([]string, n), make([]bool, n)
	epochs, seqs, since := make([]int64, n), make([]int64, n), make([]time.Time, n)
	beganEpochs, beganSeqs := make([]int64, n), make([]int64, n)
	raisedEpochs, raisedSeqs := make([]int64, n), make([]int64, n)
	shown, chatterBegan, chatterRaises := make([]string, n), make([]*time.Time, n), make([]int32, n)
	for i, k := range keys {
		c := b.Conditions[k]
		points[i], kinds[i], active[i] = string(k.Point), string(k.Kind), c.Active
		epochs[i], seqs[i], since[i] = int64(c.At.Epoch), int64(c.At.Seq), c.Since
		beganEpochs[i], beganSeqs[i] = int64(c.Began.Epoch), int64(c.Began.Seq)
		raisedEpochs[i], raisedSeqs[i] = int64(c.Raised.Epoch), int64(c.Raised.Seq)
		shown[i], chatterRaises[i] = instants(c.Recent.Shown), int32(c.Recent.Raises)
		if began := c.Recent.Began; !began.IsZero() {
			chatterBegan[i] = &began
		}
	}
	t.queue(fmt.Sprintf("write %d conditions", n), nil, `
		INSERT INTO point_conditions AS c (point, kind, active, epoch, seq, since, began_epoch, began_seq, raised_epoch, raised_seq, shown, chatter_began, chatter_raises)
		SELECT w.point, w.kind, w.active, w.epoch, w.seq, w.since, w.began_epoch, w.began_seq, w.raised_epoch, w.raised_seq, w.shown::timestamptz[], w.chatter_began, w.chatter_raises
		  FROM unnest($1::text[], $2::text[], $3::bool[], $4::bigint[], $5::bigint[], $6::timestamptz[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[],
		              $11::text[], $12::timestamptz[], $13::int[])
		       w (point, kind, active, epoch, seq, since, began_epoch, began_seq, raised_epoch, raised_seq, shown, chatter_began, chatter_raises)
		ON CONFLICT (point, kind) DO UPDATE
		   SET active = excluded.active, epoch = excluded.epoch, seq = excluded.seq, since = excluded.since,
		       began_epoch = excluded.began_epoch, began_seq = excluded.began_seq,
		       raised_epoch = excluded.raised_epoch, raised_seq = excluded.raised_seq,
		       shown = excluded.shown, chatter_began = excluded.chatter_began, chatter_raises = excluded.chatter_raises
		 WHERE (c.epoch, c.seq) <= (excluded.epoch, excluded.seq)`,
		points, kinds, active, epochs, seqs, since, beganEpochs, beganSeqs, raisedEpochs, raisedSeqs, shown, chatterBegan, chatterRaises)
}

// instants is an array of timestamptz as PostgreSQL reads it, within another
// array.
func instants(list []time.Time) string {
	text := []byte("{")
	for i, at := range list {
		if i > 0 {
			text = append(text, ',')
		}
		text = at.UTC().AppendFormat(text, `"2006-01-02T15:04:05.999999Z"`)
	}
	return string(append(text, '}'))
}
