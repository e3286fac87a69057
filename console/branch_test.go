package console_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"guardroom/console/auth"
	"guardroom/console/store"
)

// mark stands in everything that is branch's, and in nothing else.
const mark = "bsecret"

// things say where a path's {id} is found, by the beginning of the path: the column
// of a table with a row of branch's.
var things = []struct{ path, table, column string }{
	{"/alarms/", "alarms", "id"},
	{"/approvals/", "approvals", "id"},
	{"/calls/", "calls", "id"},
	{"/cameras/", "camera_settings", "camera"},
	{"/commands/", "commands", "id"},
	{"/contacts/", "contacts", "id"},
	{"/covers/", "covers", "id"},
	{"/deliveries/", "deliveries", "id"},
	{"/duty-chiefs/", "duty_turns", "id"},
	{"/fire/evacuations/", "evacuations", "id"},
	{"/fire/investigations/", "investigations", "id"},
	{"/fire/sheet/", "alarms", "id"},
	{"/fire/zones/", "fire_zones", "id"},
	{"/gateways/", "gateways", "id"},
	{"/handovers/", "handovers", "id"},
	{"/impairments/", "impairments", "id"},
	{"/lockdowns/", "lockdowns", "id"},
	{"/people/", "cardholders", "id"},
	{"/places/", "places", "id"},
	{"/plans/", "places", "id"},
	{"/points/", "points", "id"},
	{"/postures/", "postures", "id"},
	{"/retention/holds/", "legal_holds", "id"},
	{"/rosters/", "roster_records", "id"},
	{"/rules/try/", "", ""}, // kept in memory, by the one who asked
	{"/sites/", "cameras", "id"},
	{"/rules/", "rules", "id"},
	{"/shelf/", "removals", "id"},
	{"/suppression-rules/", "suppression_rules", "id"},
	{"/stations/", "stations", "id"},
	{"/tokens/", "tokens", "id"},
	{"/users/", "users", "id"},
	{"/walls/", "video_walls", "id"},
}

// placed gives tables the values that a made-up row cannot have by chance.
var placed = map[string]map[string]string{
	"stations":            {"id": "branch", "time_zone": "Africa/Nairobi"},
	"gateways":            {"id": "g2", "state": "never_seen", "credential_hash": ""},
	"devices":             {"id": "g2/door-1", "gateway": "g2", "device": "door-1", "category": "access"},
	"points":              {"id": "g2/door-1.lock", "gateway": "g2", "device": "door-1", "point": "lock", "category": "access", "type": "enum"},
	"alarms":              {"state": "acknowledged", "beneath": "acknowledged", "gateway": "g2", "device": "door-1", "point": "g2/door-1.lock", "kind": "door.forced", "category": "access", "priority": "4", "detail": "{}", "claimed": "", "life_safety": "false"},
	"gateway_configs":     {"gateway": "g2"},
	"point_conditions":    {"point": "g2/door-1.lock", "kind": "door.forced"},
	"signals":             {"gateway": "g2", "point": "g2/door-1.lock", "kind": "door.forced", "clock": "synced"},
	"places":              {"kind": "building"},
	"point_places":        {"point": "g2/door-1.lock"},
	"removals":            {"point": "g2/door-1.lock", "kind": "door.held", "mode": "shelved", "end_by": "person"},
	"commands":            {"gateway": "g2", "point": "g2/door-1.lock", "verb": "unlock", "arguments": "{}", "state": "confirmed", "finished_at": "2030-06-01"},
	"suppression_rules":   {"enabled": "false", "when_holds": "panel_on_test"},
	"calls":               {"ended": "true", "calling": "false", "body": "{}"}, // a live one is escalated meanwhile
	"legal_holds":         {"until_at": "2099-01-01", "from_at": "2030-01-01"},
	"covers":              {"by_station": "elsewhere", "from_at": "2029-01-01", "until_at": "2029-01-02", "from": "2029-01-01", "until": "2029-01-02"},
	"audit_entries":       nil, // the chain would not hold
	"settings":            nil, // documents have owners
	"roster_cells":        {"duties": "[]"},
	"roster_duties":       {"duties": "[]"},
	"duty_conditions":     {"active": "false", "told": "true"}, // others are raised and ended meanwhile
	"point_labels":        nil,
	"journal_minutes":     {},
	"replay_frames":       nil, // needs its segment
	"journal_texts":       nil, // numbered by the console
	"journal_labels":      {"point": "g2/door-1.lock"},
	"signal_gaps":         {"gateway": "g2"},
	"dead_letters":        {"gateway": "g2"},
	"evacuation_assembly": {},
	"video_walls":         {"cameras": "[]", "shared": "true"},
	"camera_exports":      {"state": "ready"},
}

// fill gives branch a row in every table that carries a station, and returns the
// tables that it has one in.
func fill(t *testing.T, db *store.DB) []string {
	t.Helper()
	ctx := t.Context()
	texts := func(sql string, args ...any) (all []string) {
		rows, err := db.Pool.Query(ctx, sql, args...)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				t.Fatal(err)
			}
			all = append(all, s)
		}
		return all
	}
	tables := append([]string{"stations"}, texts(`
		SELECT c.table_name FROM information_schema.columns c
		  JOIN pg_class r ON r.relname = c.table_name AND r.relnamespace = current_schema::regnamespace
		 WHERE c.table_schema = current_schema AND c.column_name = 'station' AND r.relkind IN ('r', 'p') AND NOT r.relispartition
		 ORDER BY 1`)...)
	var there []string
	reasons := map[string]error{}
	for range 4 { // a row may need another
		for _, table := range tables {
			values, given := placed[table]
			if given && values == nil || slices.Contains(there, table) {
				continue
			}
			if err := fillTable(ctx, db, table, values, texts); err != nil {
				reasons[table] = err
			} else {
				delete(reasons, table)
				there = append(there, table)
			}
		}
	}
	for table, err := range reasons {
		t.Errorf("table %s has no row of branch: say in placed what it needs: %v", table, err)
	}
	return there
}

// fillTable writes a row: what is given, a value that a CHECK names, a reference to
// a row of branch, or the mark.
func fillTable(ctx context.Context, db *store.DB, table string, given map[string]string, texts func(string, ...any) []string) error {
	columns := texts(`
		SELECT json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'null', NOT a.attnotnull, 'default', a.atthasdef OR a.attidentity <> '',
		       'references', (SELECT c.confrelid::regclass::text FROM pg_constraint c WHERE c.conrelid = a.attrelid AND c.contype = 'f' AND c.conkey = ARRAY[a.attnum]),
		       'word', (SELECT (regexp_match(pg_get_constraintdef(c.oid), '''([a-z_.]+)''::text'))[1] FROM pg_constraint c
		                 WHERE c.conrelid = a.attrelid AND c.contype = 'c' AND a.attnum = ANY(c.conkey) AND pg_get_constraintdef(c.oid) LIKE '%ANY%' LIMIT 1),
		       'generated', a.attgenerated <> '')::text
		  FROM pg_attribute a WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`, table)
	var names, values []string
	for _, raw := range columns {
		var c struct {
			Name, Type, References, Word string
			Null, Default, Generated     bool
		}
		_ = json.Unmarshal([]byte(raw), &c) // a null leaves the zero
		value, ok := given[c.Name]
		switch {
		case c.Generated:
			continue
		case ok:
		case c.Name == "station":
			value = "branch"
		case c.References != "" && c.Null:
			continue
		case c.References != "":
			found := texts(fmt.Sprintf(`SELECT id::text FROM %s t WHERE to_jsonb(t)->>'station' = 'branch' OR t::text LIKE '%%%s%%' OR to_jsonb(t)->>'id' = 'branch' LIMIT 1`, c.References, mark))
			if len(found) == 0 {
				return fmt.Errorf("%s needs a row of %s", c.Name, c.References)
			}
			value = found[0]
		case c.Word != "":
			value = c.Word
		case c.Type == "text":
			value = mark + "-" + strings.ReplaceAll(table, "_", "-") + "-" + c.Name
		case c.Default || c.Null:
			continue
		case strings.HasPrefix(c.Type, "timestamp"):
			value = "2030-06-01T00:00:00Z"
		case strings.HasSuffix(c.Type, "[]"):
			value = "{}"
		case c.Type == "jsonb":
			value = "{}"
		case c.Type == "boolean":
			value = "false"
		case c.Type == "bytea":
			value = `\x` + strings.Repeat("ab", 16)
		case c.Type == "uuid":
			value = "0197f000-0000-7000-8000-00000000000b"
		case c.Type == "date":
			value = "2030-06-01"
		default:
			value = "1"
		}
		names, values = append(names, `"`+c.Name+`"`), append(values, "'"+strings.ReplaceAll(value, "'", "''")+"'")
	}
	_, err := db.Pool.Exec(ctx, fmt.Sprintf(`INSERT INTO %s (%s) VALUES (%s)`, table, strings.Join(names, ", "), strings.Join(values, ", ")))
	return err
}

// told sends a request and returns the whole answer.
func (b *browser) told(method, path string, body any) (int, string) {
	b.h.t.Helper()
	var in io.Reader
	if body != nil {
		data, isText := body.(string)
		if !isText {
			raw, err := json.Marshal(body)
			if err != nil {
				b.h.t.Fatal(err)
			}
			data = string(raw)
		}
		in = strings.NewReader(data)
	}
	r, err := http.NewRequestWithContext(b.h.t.Context(), method, b.h.at.HTTP+"/api/v1"+path, in)
	if err != nil {
		b.h.t.Fatal(err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Idempotency-Key", auth.NewID())
	answer, err := b.client.Do(r)
	if err != nil {
		b.h.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer answer.Body.Close()
	data, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, string(data)
}

// sum is what branch holds, but for what the console itself keeps up to date.
func (k *keeper) sum() string {
	var parts []string
	for _, table := range k.tables {
		if slices.Contains(byWorkers, table) {
			continue
		}
		parts = append(parts, fmt.Sprintf(`(SELECT coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM %s t WHERE to_jsonb(t)->>'station' = 'branch' OR to_jsonb(t)->>'id' = 'branch')`, table))
	}
	return k.text(`SELECT concat_ws(',', ` + strings.Join(parts, ", ") + `)`)
}

// byWorkers are tables that the console's own workers write meanwhile: the state
// of gateways, the end of floods, and the digests of journal and record.
var byWorkers = []string{"gateways", "floods", "audit_words", "journal_minutes", "journal_labels", "journal_texts"}

// changed names the tables in which two sums differ.
func (k *keeper) changed(before, after string) string {
	was, is := strings.Split(before, ","), strings.Split(after, ",")
	var names []string
	i := 0
	for _, table := range k.tables {
		if slices.Contains(byWorkers, table) {
			continue
		}
		if i < len(was) && i < len(is) && was[i] != is[i] {
			names = append(names, table)
		}
		i++
	}
	return strings.Join(names, ", ")
}

// leak reports a mark of branch's in an answer that the asker did not bring.
func leak(answer string, brought ...string) bool {
	for _, b := range brought {
		if strings.Contains(b, mark) {
			return false
		}
	}
	return strings.Contains(answer, mark) || strings.Contains(answer, "g2/door-1")
}
