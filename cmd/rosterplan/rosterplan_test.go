package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// small is an instance in the public format with every section.
const small = `# a comment
SECTION_HORIZON
14

SECTION_SHIFTS
D,480,
N,600,D

SECTION_STAFF
A,D=14|N=4,4320,3360,5,2,2,1
B,D=14|N=4,4320,3360,5,2,2,1
C,D=14|N=0,4320,3360,5,2,2,1

SECTION_DAYS_OFF
A,0,13
B,5

SECTION_SHIFT_ON_REQUESTS
A,2,D,2

SECTION_SHIFT_OFF_REQUESTS
C,3,D,1

SECTION_COVER
0,D,1,100,1
1,N,1,100,1
2,D,2,100,1
`

func TestReadInstance(t *testing.T) {
	t.Parallel()
	p, err := readInstance(strings.NewReader(small))
	if err != nil {
		t.Fatal(err)
	}
	if p.Days != 14 || len(p.People) != 3 || len(p.Duties) != 2 || p.Duties[1].NotNext != 1 || p.People[2].Allowed[1]&2 != 0 || p.People[0].Allowed[13]&3 != 0 {
		t.Errorf("readInstance() = %+v", p)
	}
	for _, tc := range []struct{ name, from, to, want string }{
		{"unknown section", "SECTION_COVER", "SECTION_CAVER", "line 24: unknown section"},
		{"days", "14\n\nSECTION_SHIFTS", "many\n\nSECTION_SHIFTS", "line 3: days"},
		{"no horizon", "14\n\nSECTION_SHIFTS", "SECTION_SHIFTS", "line 8: staff before"},
		{"shift fields", "D,480,", "D,480", "line 6: a shift has 3 fields"},
		{"shift twice", "N,600,D", "D,600,", "line 7: shift \"D\""},
		{"unknown successor", "N,600,D", "N,600,X", "line 10: shift N forbids the unknown shift"},
		{"staff fields", "B,D=14|N=4,4320,", "B,D=14|N=4,", "line 11: a staff line has 8 fields"},
		{"staff twice", "B,D=14", "A,D=14", "line 11: staff \"A\""},
		{"minutes", "A,D=14|N=4,4320", "A,D=14|N=4,x", "line 10: most minutes \"x\""},
		{"least above most", "A,D=14|N=4,4320,3360", "A,D=14|N=4,4320,5000", "person A: at least 5000"},
		{"limit", "A,D=14|N=4", "A,D=14|N", "line 10: most shifts \"N\""},
		{"day off", "B,5", "B,99", "line 16: day \"99\""},
		{"nobody", "B,5", "Z,5", "line 16: no staff \"Z\""},
		{"request day", "A,2,D,2", "A,-1,D,2", "line 19: day \"-1\""},
		{"request shift", "C,3,D,1", "C,3,X,1", "line 22: no shift \"X\""},
		{"cover fields", "0,D,1,100,1", "0,D,1,100", "line 25: a cover line has 5 fields"},
		{"cover before shifts", "SECTION_SHIFTS\n", "SECTION_COVER\n0,D,1,1,1\nSECTION_SHIFTS\n", "line 6: no shift"},
		{"cover twice", "1,N,1", "0,D,1", "line 26: cover of shift D on day 0 is given twice"},
		{"horizon twice", "14\n", "14\n15\n", "line 4: a second horizon"},
		{"shift after staff", "A,0,13", "A,0,13\n\nSECTION_SHIFTS\nX,480,\n\nSECTION_DAYS_OFF", "line 18: a shift after staff"},
		{"heavy requests", "A,2,D,2", "A,2,D,999999\nA,2,D,2", "line 20: the requests of A for day 2 weigh more"},
		{"cut off", small[strings.Index(small, "SECTION_COVER"):], "", "ends before"},
		{"empty", small, "", "ends before"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := readInstance(strings.NewReader(strings.Replace(small, tc.from, tc.to, 1)))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("readInstance() = %v, want %q", err, tc.want)
			}
		})
	}
}

func FuzzReadInstance(f *testing.F) {
	f.Add(small)
	f.Add("SECTION_HORIZON\n1\nSECTION_SHIFTS\nD,1,\nSECTION_STAFF\nA,D=1,1,0,1,1,1,1\nSECTION_COVER\n0,D,1,1,1\n")
	f.Add("SECTION_SHIFTS\nD,480,D|\nSECTION_COVER\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := readInstance(strings.NewReader(text))
		if err != nil {
			return
		}
		if err := p.Validate(); err != nil {
			t.Errorf("read without error and not valid: %v", err)
		}
	})
}

func TestReadPlan(t *testing.T) {
	t.Parallel()
	p, err := readInstance(strings.NewReader(small))
	if err != nil {
		t.Fatal(err)
	}
	row := "D\t\t" + strings.Repeat("\t", 10) + "N"
	good := "A\t" + row + "\t\nB" + strings.Repeat("\t", 14) + "\nC,,D" + strings.Repeat(",", 12) + "\n"
	rows, err := readPlan(strings.NewReader(good), p)
	if err != nil {
		t.Fatal(err)
	}
	if rows[0][0] != 0 || rows[0][12] != 1 || rows[2][1] != 0 || rows[1][4] != -1 {
		t.Errorf("readPlan() = %v", rows)
	}
	var out bytes.Buffer
	if err := writePlan(&out, p, rows); err != nil {
		t.Fatal(err)
	}
	again, err := readPlan(&out, p)
	if err != nil || !slices.EqualFunc(rows, again, slices.Equal) {
		t.Errorf("written and read again: %v, %v", again, err)
	}
	for _, tc := range []struct{ name, from, to, want string }{
		{"nobody", "B\t", "X\t", "line 2: no staff"},
		{"twice", "B\t", "A\t", "line 2: staff A is given twice"},
		{"short", "\t\nB", "\nB", "line 1: 13 days instead of 14"},
		{"unknown shift", "N", "Q", "line 1, day 12: no shift \"Q\""},
		{"missing", good[strings.Index(good, "C,"):], "", "ends without staff C"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := readPlan(strings.NewReader(strings.Replace(good, tc.from, tc.to, 1)), p)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("readPlan() = %v, want %q", err, tc.want)
			}
		})
	}
}

func FuzzReadPlan(f *testing.F) {
	p, err := readInstance(strings.NewReader(small))
	if err != nil {
		f.Fatal(err)
	}
	f.Add("A\tD")
	f.Add("A" + strings.Repeat("\t", 14) + "\nB" + strings.Repeat(",", 14) + "\nC" + strings.Repeat("\t", 14))
	f.Fuzz(func(t *testing.T, text string) {
		rows, err := readPlan(strings.NewReader(text), p)
		if err != nil {
			return
		}
		if _, err := p.Judge(rows); err != nil {
			t.Errorf("read without error and not a plan: %v", err)
		}
	})
}

func TestRunPlansAndChecks(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	instance, plan := filepath.Join(folder, "Small.txt"), filepath.Join(folder, "plan.tsv")
	write := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(instance, small)
	write(filepath.Join(folder, "known.csv"), "instance,lower,best\nSmall,1,1\n")
	var stdout, stderr bytes.Buffer
	s := settings{instance: instance, out: plan, seed: 1, work: 20_000, workers: 2, budget: time.Minute}
	if err := run(context.Background(), s, &stdout, &stderr); err != nil {
		t.Fatal(err, stderr.String())
	}
	if !strings.Contains(stderr.String(), " 0 rules broken") {
		t.Errorf("progress %q", stderr.String())
	}
	if err := run(context.Background(), settings{instance: instance, check: plan, budget: 1}, &stdout, &stderr); err != nil {
		t.Error(err)
	}
	s.bench = folder
	stdout.Reset()
	if err := run(context.Background(), s, &stdout, &stderr); err != nil || !strings.Contains(stdout.String(), "mean gap of 1") {
		t.Errorf("bench: %v %q", err, stdout.String())
	}
	text, err := os.ReadFile(plan)
	if err != nil {
		t.Fatal(err)
	}
	write(plan, strings.Replace(string(text), "A\t", "A\tN", 1))
	if err := run(context.Background(), settings{instance: instance, check: plan, budget: 1}, &stdout, &stderr); err == nil {
		t.Error("a plan with duty on a day off was passed")
	}
	for _, bad := range []settings{{budget: 1}, {instance: instance}, {instance: folder + "/none", budget: 1}, {bench: folder + "/none", budget: 1}} {
		if err := run(context.Background(), bad, &stdout, &stderr); err == nil {
			t.Errorf("run(%+v) did not complain", bad)
		}
	}
}
