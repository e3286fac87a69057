package video_test

import (
	"testing"
	"time"

	"guardroom/console/video"
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
	p.until("it is told", func() bool { return p.ages[len(p.ages)-1].State == video.Live })
	if got := session.Stats().Cuts; got != 1 {
		t.Errorf("%d cuts, want 1", got)
	}
}

func TestWhoFallsBehindAgainAndAgainGetsKeyframesOnly(t *testing.T) {
	t.Parallel()
	s, f, c := playing(t, video.Options{})
	p := newPlayer(t, playerOptions{age: true})
	session := p.watch(t.Context(), s, f)
	p.until("pictures", func() bool { return len(p.pictures) == 30 })
	want := 30
	for cut := range 3 {
		c.late = time.Second
		c.picture()
		p.until("the cut", func() bool { return session.Stats().Cuts == uint64(cut+1) })
		c.late = 0
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
