package people

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/devices"
)

// Filter chooses cardholders. Nil stations are all.
type Filter struct {
	Stations []string
	Card     string // hash
	Search   string // of name and ref
	Class    Class
	Status   Status
	Limit    int
	Cursor   string
}

// ImportCounts say what an import changes.
type ImportCounts struct {
	Rows      int `json:"rows"`
	Added     int `json:"added"`
	Changed   int `json:"changed"`
	Removed   int `json:"removed"` // those of the register that the list does not name
	Unchanged int `json:"unchanged"`
	Photos    int `json:"photos"` // new ones
}

// PeopleReport says what an import did, or would do. With faults it did nothing.
type PeopleReport struct {
	Station string       `json:"station"`
	DryRun  bool         `json:"dry_run"`
	Applied bool         `json:"applied"`
	Counts  ImportCounts `json:"counts"`
	Faults  []ListFault  `json:"faults"`
	// FaultCount counts those that are not told, too.
	FaultCount int `json:"fault_count"`
}

// PeopleImport is one that was made.
type PeopleImport struct {
	ID      string       `json:"id"`
	Station string       `json:"station"`
	At      time.Time    `json:"at"`
	By      string       `json:"by"`
	ByName  string       `json:"by_name"`
	File    string       `json:"file"`
	Counts  ImportCounts `json:"counts"`
}

// register keeps cardholders.
type register interface {
	List(ctx context.Context, f Filter) ([]Person, string, error)
	Find(ctx context.Context, id string) (Person, error) // ErrNotFound
	Photo(ctx context.Context, station, key string) ([]byte, error)
	ByCards(ctx context.Context, station string, hashes []string) (map[string]Person, error)
	// PhotoKeys are those that the station has.
	PhotoKeys(ctx context.Context, station string) (map[string]bool, error)
	PhotosOf(ctx context.Context, station string) (map[string]string, error) // ref -> key
	// AddPhotos keeps faces; one that is there stays.
	AddPhotos(ctx context.Context, station string, faces map[string][]byte) error
	// Swap makes the rows the register of the station, whole or not at all, and
	// forgets photos that nobody has; with dry it only counts.
	Swap(ctx context.Context, one PeopleImport, rows []Row, dry bool, e audit.Entry) (ImportCounts, error)
	Imports(ctx context.Context, station string, limit int) ([]PeopleImport, error)
}

// Options of a Desk.
type Options struct {
	Register register
	Key      []byte // of card numbers
	Zone     func(station string) (zone string, known bool)
	Log      *slog.Logger
	Now      func() time.Time // time.Now outside tests
}

// Desk is where cardholders are looked up and imported.
type Desk struct {
	o       Options
	imports sync.Mutex // one at a time: it takes the machine
}

// NewDesk opens the desk.
func NewDesk(o Options) (*Desk, error) {
	if len(o.Key) < devices.MinCardKey {
		return nil, errors.New("the key for card numbers is too short")
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Desk{o: o}, nil
}

func (d *Desk) judge(p *Person) {
	zone, _ := d.o.Zone(p.Station)
	p.judge(dayAt(d.o.Now(), zone))
}

// People lists cardholders by name; card is a hash as a signal carries it.
func (d *Desk) People(ctx context.Context, by auth.Operator, station string, f Filter) ([]Person, string, error) {
	var err error
	if f.Stations, err = by.Scope(auth.PeopleRead, station); err != nil {
		return nil, "", err
	}
	if f.Card != "" && !devices.ValidCardHash(f.Card) {
		return nil, "", &InvalidError{Field: "card", Reason: "is no hash of a card; a card number is never sent"}
	}
	f.Search = strings.ToLower(strings.TrimSpace(f.Search))
	list, next, err := d.o.Register.List(ctx, f)
	if err != nil {
		return nil, "", fmt.Errorf("read cardholders: %w", err)
	}
	for i := range list {
		d.judge(&list[i])
	}
	return list, next, nil
}

// Find returns one cardholder.
func (d *Desk) Find(ctx context.Context, by auth.Operator, id string) (Person, error) {
	if all, ids := by.Stations(auth.PeopleRead); !all && len(ids) == 0 {
		return Person{}, by.May(auth.PeopleRead, auth.AllStations)
	}
	p, err := d.o.Register.Find(ctx, id)
	if err != nil {
		return Person{}, fmt.Errorf("find cardholder: %w", err)
	}
	d.judge(&p)
	return p, by.May(auth.PeopleRead, p.Station)
}

// Photo returns the face of a cardholder as JPEG.
func (d *Desk) Photo(ctx context.Context, by auth.Operator, id string) ([]byte, error) {
	p, err := d.Find(ctx, by, id)
	if err != nil {
		return nil, err
	}
	if p.Photo == "" {
		return nil, fmt.Errorf("photo of cardholder: %w", ErrNotFound)
	}
	return d.o.Register.Photo(ctx, p.Station, p.Photo)
}

// ByCards finds the holders of cards that were shown at a station, for those who
// may see them; nobody else gets any.
func (d *Desk) ByCards(ctx context.Context, by auth.Operator, station string, hashes []string) (map[string]Person, error) {
	if by.May(auth.PeopleRead, station) != nil || len(hashes) == 0 {
		return map[string]Person{}, nil //nolint:nilerr // who may not see them gets none
	}
	found, err := d.o.Register.ByCards(ctx, station, hashes)
	if err != nil {
		return nil, fmt.Errorf("find the holders of cards: %w", err)
	}
	for hash, p := range found {
		d.judge(&p)
		found[hash] = p
	}
	return found, nil
}

// Imports lists the last imports of a station.
func (d *Desk) Imports(ctx context.Context, by auth.Operator, station string, limit int) ([]PeopleImport, error) {
	if err := by.May(auth.PeopleImport, station); err != nil {
		return nil, err
	}
	return d.o.Register.Imports(ctx, station, limit)
}

// List is what is to be imported.
type List struct {
	Station string
	File    string // its name, for the record
	Rows    io.Reader
	Photos  Photos // nil: those that are there stay
	DryRun  bool
}

// Import makes the list the register of its station: whole, or with faults not at
// all.
func (d *Desk) Import(ctx context.Context, by auth.Operator, in List) (PeopleReport, error) {
	if err := by.May(auth.PeopleImport, in.Station); err != nil {
		return PeopleReport{}, err
	}
	if _, ok := d.o.Zone(in.Station); !ok {
		return PeopleReport{}, &InvalidError{Field: "station", Reason: "there is no such station"}
	}
	if !d.imports.TryLock() {
		return PeopleReport{}, &BusyError{}
	}
	defer d.imports.Unlock()
	rows, faults, count, err := ReadList(in.Rows, d.o.Key)
	if err != nil {
		return PeopleReport{}, fmt.Errorf("read list: %w", err)
	}
	r := PeopleReport{Station: in.Station, DryRun: in.DryRun, Faults: faults, FaultCount: count}
	r.Counts.Rows = len(rows)
	added := 0
	if count == 0 {
		if added, err = d.faces(ctx, in, rows, &r); err != nil {
			return PeopleReport{}, err
		}
	}
	if r.Faults == nil {
		r.Faults = []ListFault{}
	}
	slices.SortStableFunc(r.Faults, func(a, b ListFault) int { return a.Line - b.Line })
	if r.FaultCount > 0 {
		return r, nil
	}
	one := PeopleImport{ID: auth.NewID(), Station: in.Station, At: d.o.Now().UTC(), By: by.ID, ByName: by.Name, File: clip(in.File)}
	e := audit.By(by, in.Station, "people.import", "station:"+in.Station, map[string]string{
		"import": one.ID, "file": one.File, "rows": strconv.Itoa(len(rows)), "photos": strconv.Itoa(added),
	})
	if r.Counts, err = d.o.Register.Swap(ctx, one, rows, in.DryRun, e); err != nil {
		return PeopleReport{}, fmt.Errorf("import cardholders: %w", err)
	}
	r.Counts.Photos, r.Applied = added, !in.DryRun
	return r, nil
}

// BusyError says that another import runs.
type BusyError struct{}

func (*BusyError) Error() string { return "another import is under way; try again when it has ended" }

// RetryAfter is in seconds.
func (*BusyError) RetryAfter() int { return 10 }

// batch is how many faces are kept in one go.
const batch = 200

// faces finds the photo of each row, makes new ones anew, and keeps them unless
// it is a dry run. A face that no row names in the end is forgotten by Swap.
func (d *Desk) faces(ctx context.Context, in List, rows []Row, r *PeopleReport) (added int, err error) {
	before, err := d.o.Register.PhotosOf(ctx, in.Station)
	if err != nil {
		return 0, fmt.Errorf("read photos: %w", err)
	}
	for i := range rows {
		rows[i].Photo = before[rows[i].Ref]
	}
	if in.Photos == nil {
		return 0, nil
	}
	known, err := d.o.Register.PhotoKeys(ctx, in.Station)
	if err != nil {
		return 0, fmt.Errorf("read photos: %w", err)
	}
	for from := 0; from < len(rows); from += batch {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		fresh := d.some(in.Photos, rows[from:min(from+batch, len(rows))], known, r)
		added += len(fresh)
		for key := range fresh {
			known[key] = true
		}
		if len(fresh) > 0 && !in.DryRun && r.FaultCount == 0 {
			if err := d.o.Register.AddPhotos(ctx, in.Station, fresh); err != nil {
				return 0, fmt.Errorf("keep photos: %w", err)
			}
		}
	}
	return added, nil
}

// some makes the faces of some rows, as many at a time as there are processors.
func (d *Desk) some(photos Photos, rows []Row, known map[string]bool, r *PeopleReport) map[string][]byte {
	fresh := map[string][]byte{}
	var mu sync.Mutex
	var work sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i := range rows {
		slots <- struct{}{}
		work.Go(func() {
			defer func() { <-slots }()
			row := &rows[i]
			data, err := row.find(photos)
			if errors.Is(err, fs.ErrNotExist) && !row.Named {
				return // no photo of this person came; the one that is there stays
			}
			key := ""
			if err == nil {
				key = photoKey(data)
			}
			mu.Lock()
			have := known[key] || fresh[key] != nil
			mu.Unlock()
			var face []byte
			if err == nil && !have {
				face, err = Face(data)
			}
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				reason := err.Error()
				if errors.Is(err, fs.ErrNotExist) {
					reason = "is not among the photos"
				}
				r.FaultCount++
				if len(r.Faults) < maxFaults {
					r.Faults = append(r.Faults, ListFault{Line: row.Line, Column: "photo", Reason: reason})
				}
				return
			}
			row.Photo = key
			if face != nil {
				fresh[key] = face
			}
		})
	}
	work.Wait()
	return fresh
}

// find looks for the photo that the list names, or for one called like the ref.
func (r *Row) find(photos Photos) ([]byte, error) {
	if r.Named {
		return photos.Photo(r.File)
	}
	for _, ending := range []string{".jpg", ".jpeg", ".png"} {
		data, err := photos.Photo(r.Ref + ending)
		if !errors.Is(err, fs.ErrNotExist) {
			return data, err
		}
	}
	return nil, fs.ErrNotExist
}
