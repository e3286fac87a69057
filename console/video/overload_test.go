package video_test

import (
	"testing"
	"time"

	"github.com/pion/rtcp"

	"guardroom/console/video"
	"guardroom/devices/rtsp"
)

// next sends pictures up to and with the next keyframe.
func (c *camera) untilKey() {
	for c.next%groupOf264 != 0 {
		c.picture()
	}
	c.picture()
}

func TestWhoFallsBehindIsCutToTheNextKeyframe(t *testing.T) {
	t.Parallel()
	s, f, c := playing(t, video.Options{})
	p := newPlayer(t, playerOptions{age: true})
	session := p.watch(t.Context(), s, f)
	p.until("pictures", func() bool { return len(p.pictures) == 30 && len(p.ages) > 0 })

	c.late = time.Second
	for range 5 {
		c.picture()
	}
	p.until("it is told", func() bool {
		age := p.ages[len(p.ages)-1]
		return age.State == video.Delayed && age.Cut == 1
	})
	c.late = 0
	c.picture() // builds on what was left out
	c.untilKey()
	c.picture()
	p.until("the keyframe and what follows", func() bool { return len(p.pictures) == 32 })
	if !p.picture(30).key {
		t.Error("what follows the cut is no keyframe")
	}
	p.inOrder()
	told := len(p.ages)
	c.keep()
	p.until("it is told that it goes on", func() bool { return p.ages[len(p.ages)-1].State == video.Live })
	for _, age := range p.ages[told-1:] {
		if age.Short != (age.State == video.Delayed) {
			t.Errorf("%s, and that pictures are left out: %v", age.State, age.Short)
		}
	}
	if got := session.Stats().Cuts; got != 1 {
		t.Errorf("%d cuts, want 1", got)
	}
}

func TestWhosePathIsTooSlowAgainAndAgainGetsKeyframesOnly(t *testing.T) {
	t.Parallel()
	s, f, c := playing(t, video.Options{})
	p, session := watching(t, s, f, playerOptions{age: true})
	lossy := func() {
		p.say(&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{SSRC: p.source(), FractionLost: 200}}})
	}
	lossy()
	want := 30
	for cut := range 3 {
		lossy()
		hasCuts(t, session, uint64(cut+1))
		c.untilKey()
		want++
		p.until("the keyframe", func() bool { return len(p.pictures) == want })
	}
	for range 10 {
		c.picture()
	}
	c.untilKey()
	p.until("the next keyframe", func() bool { return len(p.pictures) == want+1 })
	if !p.picture(want).key || !p.picture(want-1).key {
		t.Error("something between two keyframes was sent")
	}
	p.inOrder()
	p.until("it is told", func() bool { return len(p.ages) > 0 && p.ages[len(p.ages)-1].State == video.Delayed })
}

// hasCuts waits until pictures were left out so often.
func hasCuts(t *testing.T, session *video.Session, n uint64) {
	t.Helper()
	look := time.NewTicker(2 * time.Millisecond)
	defer look.Stop()
	for end := time.Now().Add(10 * time.Second); session.Stats().Cuts != n; <-look.C {
		if time.Now().After(end) {
			t.Fatalf("%d cuts, want %d", session.Stats().Cuts, n)
		}
	}
}

func TestWhatWaitedTooLongInTheMachineIsNotShown(t *testing.T) {
	t.Parallel()
	s, f, c := playing(t, video.Options{})
	p := newPlayer(t, playerOptions{age: true})
	session := p.watch(t.Context(), s, f)
	p.until("pictures", func() bool { return len(p.pictures) == 30 && len(p.ages) > 0 })

	// Two keyframes come while the machine cannot keep up: both are the past.
	c.late = time.Second
	c.untilKey()
	c.untilKey()
	p.until("it is told", func() bool { return p.ages[len(p.ages)-1].State == video.Delayed })
	if n := p.seen(); n != 30 {
		t.Errorf("%d pictures of the past were shown", n-30)
	}
	c.late = 0
	c.untilKey()
	c.keep()
	p.until("the present", func() bool { return len(p.pictures) > 32 })
	if !p.picture(30).key {
		t.Error("what follows the cut is no keyframe")
	}
	p.inOrder()
	p.until("it is told", func() bool {
		age := p.ages[len(p.ages)-1]
		return age.State == video.Live && age.Now-age.At < 500
	})
	if got := session.Stats().Cuts; got != 1 {
		t.Errorf("%d cuts, want 1", got)
	}
}

func TestAMachineThatStaysBehindShowsAPictureNowAndThen(t *testing.T) {
	t.Parallel()
	s, f, c := playing(t, video.Options{Behind: 100 * time.Millisecond}) // and patience for two seconds
	p, _ := watching(t, s, f, playerOptions{age: true})
	c.late = time.Second
	c.keep()
	p.until("a late keyframe", func() bool { return len(p.pictures) > 30 && len(p.ages) > 0 })
	if !p.picture(30).key {
		t.Error("what follows the cut is no keyframe")
	}
	p.until("it is told", func() bool {
		age := p.ages[len(p.ages)-1]
		return age.State == video.Delayed && age.Now-age.At >= 900
	})
	p.inOrder()
}

func TestADelayBeforeTheConsoleIsToldAndNotCut(t *testing.T) {
	t.Parallel()
	s, f, c := playing(t, video.Options{})
	p, session := watching(t, s, f, playerOptions{age: true})
	c.picture()
	held := time.NewTimer(800 * time.Millisecond) // on the way from the camera, as all that follows
	<-held.C
	tick := time.NewTicker(40 * time.Millisecond)
	defer tick.Stop()
	for range 20 {
		<-tick.C
		c.picture()
	}
	p.until("pictures go on", func() bool { return len(p.pictures) == 51 })
	p.until("it is told", func() bool {
		age := p.ages[len(p.ages)-1]
		return age.State == video.Delayed && age.Now-age.At > 700
	})
	if got := session.Stats().Cuts; got != 0 {
		t.Errorf("%d cuts of what cannot be caught up", got)
	}
	p.inOrder()
}

func TestPicturesOutOfOrderAreSaidInWords(t *testing.T) {
	t.Parallel()
	s := newServer(t, video.Options{})
	f := s.Feed("gate/main")
	c := newCamera(t, f, moving)
	c.format.BFrames = true
	c.open()
	for range 3 {
		c.picture()
	}
	if state := f.State(); state.Status != video.Live || state.Fault.Code != rtsp.BFrames || state.Fault.Text == "" {
		t.Errorf("the feed is %s with %q %q", state.Status, state.Fault.Code, state.Fault.Text)
	}
	c.format.BFrames = false
	c.open()
	if state := f.State(); state.Fault.Code != "" {
		t.Errorf("after it was set right: %q", state.Fault.Code)
	}
}
