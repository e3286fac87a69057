package video_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"guardroom/console/video"
	"guardroom/devices/rtsp"
)

const (
	moving     = "testdata/moving.h264"
	moving265  = "testdata/moving.h265"
	groupOf264 = 50 // pictures
)

// playing is a feed with a second of pictures since its keyframe.
func playing(t *testing.T, o video.Options) (*video.Server, *video.Feed, *camera) {
	t.Helper()
	s := newServer(t, o)
	f := s.Feed("gate/main")
	c := newCamera(t, f, moving)
	c.open()
	for range 30 {
		c.picture()
	}
	return s, f, c
}

// watching is a player that has the past of a feed.
func watching(t *testing.T, s *video.Server, f *video.Feed, o playerOptions) (*player, *video.Session) {
	t.Helper()
	p := newPlayer(t, o)
	session := p.watch(t.Context(), s, f)
	p.until("pictures", func() bool { return len(p.pictures) >= 30 })
	return p, session
}

func TestFirstPictureIsAKeyframeAtOnce(t *testing.T) {
	t.Parallel()
	s, f, c := playing(t, video.Options{})
	p := newPlayer(t, playerOptions{age: true})
	began := time.Now()
	p.watch(t.Context(), s, f)
	p.until("a picture", func() bool { return len(p.pictures) > 0 })
	t.Logf("first picture after %v", time.Since(began))
	if !p.picture(0).key {
		t.Error("the first picture is no keyframe")
	}
	p.until("all that is past", func() bool { return len(p.pictures) == 30 })
	if past := p.picture(29).stamp - p.picture(0).stamp; past != 29*90 {
		t.Errorf("the past takes %d ticks, want it squeezed to a millisecond a picture", past)
	}
	c.keep()
	p.until("the present", func() bool { return len(p.pictures) >= 35 })
	if apart := p.picture(34).stamp - p.picture(33).stamp; apart == 0 || apart%3600 != 0 {
		t.Errorf("pictures of the present are %d ticks apart, want their own 3600 or some of them", apart)
	}
	p.inOrder()
	p.until("its age", func() bool {
		if len(p.ages) == 0 {
			return false
		}
		age := p.ages[len(p.ages)-1]
		return age.State == video.Live && age.Now-age.At < 500
	})
}

func TestParameterSetsStandBeforeEachKeyframe(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, clip string
		h265       bool
		sets       []byte // kinds
	}{
		{"H.264", moving, false, []byte{7, 8}},
		{"H.265", moving265, true, []byte{32, 33, 34}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, video.Options{})
			f := s.Feed("gate/main")
			c := newCamera(t, f, tc.clip) // the clip's packets have none
			c.open()
			c.keep()
			p := newPlayer(t, playerOptions{h265: tc.h265})
			p.watch(t.Context(), s, f)
			keys := func() (n int) {
				for _, one := range p.pictures {
					if one.key {
						n++
					}
				}
				return n
			}
			p.until("two keyframes", func() bool { return keys() >= 2 })
			p.inOrder()
			p.mu.Lock()
			defer p.mu.Unlock()
			for _, one := range p.pictures {
				if !one.key {
					continue
				}
				var kinds []byte
				for _, unit := range one.units {
					if kind := unit[0] & 0x1f; !tc.h265 && (kind == 7 || kind == 8) {
						kinds = append(kinds, kind)
					}
					if kind := unit[0] >> 1 & 0x3f; tc.h265 && kind >= 32 && kind <= 34 {
						kinds = append(kinds, kind)
					}
				}
				if string(kinds) != string(tc.sets) {
					t.Fatalf("a keyframe has the parameter sets %v, want %v", kinds, tc.sets)
				}
			}
		})
	}
}

func TestViewersStayThroughAReconnect(t *testing.T) {
	t.Parallel()
	s, f, c := playing(t, video.Options{})
	p, session := watching(t, s, f, playerOptions{age: true})

	f.Closed(rtsp.Fault{Code: rtsp.Unreachable, Text: "gone"})
	p.until("it is said", func() bool {
		return len(p.ages) > 0 && p.ages[len(p.ages)-1].State == video.Lost && p.ages[len(p.ages)-1].Fault == "unreachable"
	})
	if state := f.State(); state.Status != video.Lost || state.Fault.Code != rtsp.Unreachable || state.Viewers != 1 {
		t.Errorf("the feed is %+v", state)
	}
	before := p.seen()

	c.seq, c.stamp, c.next = 7, 12345, 0 // another connection has other numbers
	c.open()
	c.keep()
	p.until("pictures again", func() bool { return len(p.pictures) >= before+10 })
	p.inOrder()
	if !p.picture(before).key {
		t.Error("the first picture after the gap is no keyframe")
	}
	p.until("live again", func() bool { return p.ages[len(p.ages)-1].State == video.Live })
	select {
	case <-session.Done():
		t.Error("the session ended with the camera's connection")
	default:
	}
}

func TestLostPacketsAreSentAgain(t *testing.T) {
	t.Parallel()
	s, f, c := playing(t, video.Options{})
	p, session := watching(t, s, f, playerOptions{})
	p.mu.Lock()
	want := p.packets[3]
	had := len(p.packets)
	track := p.track
	p.mu.Unlock()
	p.say(&rtcp.TransportLayerNack{SenderSSRC: 1, MediaSSRC: uint32(track.SSRC()), Nacks: rtcp.NackPairsFromSequenceNumbers([]uint16{want.SequenceNumber})})
	p.until("the packet once more", func() bool { return len(p.packets) > had })
	p.mu.Lock()
	got := p.packets[had]
	p.mu.Unlock()
	if got.SequenceNumber != want.SequenceNumber || got.Timestamp != want.Timestamp || string(got.Payload) != string(want.Payload) || got.Marker != want.Marker {
		t.Errorf("got %v, want %v", got, want)
	}
	if stats := session.Stats(); stats.Again != 1 {
		t.Errorf("%d packets were sent again, want 1", stats.Again)
	}
	c.keep()
	p.until("pictures go on", func() bool { return len(p.pictures) >= 35 })
}

func TestALostPlayerGetsTheKeyframeThatIsThere(t *testing.T) {
	t.Parallel()
	s, f, c := playing(t, video.Options{})
	p, _ := watching(t, s, f, playerOptions{})
	source := p.source()
	late := time.NewTimer(350 * time.Millisecond) // a keyframe is not sent twice within 300 ms
	<-late.C
	p.say(&rtcp.PictureLossIndication{SenderSSRC: 1, MediaSSRC: source})
	p.until("the group of pictures again", func() bool { return len(p.pictures) == 60 })
	if !p.picture(30).key {
		t.Error("what follows the request is no keyframe")
	}
	c.picture()
	p.until("the present", func() bool { return len(p.pictures) == 61 })
	p.inOrder()
}

func TestALossBeforeTheConsoleIsSeenByThePlayer(t *testing.T) {
	t.Parallel()
	s, f, c := playing(t, video.Options{})
	p, _ := watching(t, s, f, playerOptions{})
	c.seq += 3
	c.picture()
	p.until("the next picture", func() bool { return len(p.pictures) == 31 })
	p.mu.Lock()
	defer p.mu.Unlock()
	gaps := 0
	for i, one := range p.packets[1:] {
		gaps += int(one.SequenceNumber - p.packets[i].SequenceNumber - 1)
	}
	if gaps != 1 {
		t.Errorf("%d numbers are missing, want one", gaps)
	}
}

func TestAReconnectWithoutAKeyframeShowsNothingUntilThereIsOne(t *testing.T) {
	t.Parallel()
	s, f, c := playing(t, video.Options{})
	p, _ := watching(t, s, f, playerOptions{})
	f.Closed(rtsp.Fault{Code: rtsp.Unreachable})
	c.open()
	for range 5 { // they build on what never came
		c.picture()
	}
	c.untilKey()
	c.picture()
	p.until("the keyframe and what follows", func() bool { return len(p.pictures) == 32 })
	if !p.picture(30).key {
		t.Error("what follows the gap is no keyframe")
	}
	p.inOrder()
}

func TestAPlayerThatStaysLostIsNotFlooded(t *testing.T) {
	t.Parallel()
	s, f, c := playing(t, video.Options{})
	p, _ := watching(t, s, f, playerOptions{})
	source := p.source()
	stop := make(chan struct{})
	var saying sync.WaitGroup
	defer saying.Wait()
	defer close(stop)
	saying.Go(func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				p.say(&rtcp.PictureLossIndication{SenderSSRC: 1, MediaSSRC: source})
			case <-stop:
				return
			}
		}
	})
	p.until("two rescues", func() bool { return len(p.pictures) == 90 })
	// From now on the only keyframe there is does not come again.
	over := time.NewTimer(time.Second)
	<-over.C
	if n := p.seen(); n != 90 {
		t.Errorf("%d pictures, want 90", n)
	}
	c.untilKey()
	p.until("the next keyframe", func() bool { return len(p.pictures) > 90 })
	if !p.picture(90).key {
		t.Error("the next picture is no keyframe")
	}
}

func TestWatchOnAllAddresses(t *testing.T) {
	t.Parallel()
	s, f, c := playing(t, video.Options{UDP: ":0", TCP: ":0"})
	c.keep()
	p := newPlayer(t, playerOptions{})
	p.watch(t.Context(), s, f)
	p.until("pictures", func() bool { return len(p.pictures) >= 40 })
	p.inOrder()
}

func TestWatchOverTCP(t *testing.T) {
	t.Parallel()
	s, f, c := playing(t, video.Options{TCP: "127.0.0.1:0"})
	c.keep()
	p := newPlayer(t, playerOptions{tcp: true})
	p.watch(t.Context(), s, f)
	p.until("pictures", func() bool { return len(p.pictures) >= 40 })
	p.inOrder()
}

func TestSubStreamGoesOverToTheMainStream(t *testing.T) {
	t.Parallel()
	s, sub, c := playing(t, video.Options{})
	c.keep()
	main := s.Feed("gate/main-stream")
	p := newPlayer(t, playerOptions{})
	session := p.watch(t.Context(), s, sub)
	p.until("pictures", func() bool { return len(p.pictures) >= 32 })
	session.Switch(main)
	if sub.State().Viewers != 0 || main.State().Viewers != 1 {
		t.Errorf("viewers of the streams: %d and %d", sub.State().Viewers, main.State().Viewers)
	}
	went := p.seen()
	p.until("the sub-stream goes on", func() bool { return len(p.pictures) >= went+5 })

	other := newCamera(t, main, moving)
	other.size, other.stamp = 900, 77
	other.open()
	for range 10 {
		other.picture()
	}
	p.until("the other stream", func() bool {
		for _, one := range p.packets {
			if len(one.Payload) == 900 {
				return true
			}
		}
		return false
	})
	other.keep()
	seen := p.seen()
	p.until("more of it", func() bool { return len(p.pictures) >= seen+15 })
	p.inOrder()
}

func TestSessionEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s, f, _ := playing(t, video.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	p := newPlayer(t, playerOptions{})
	session := p.watch(ctx, s, f)
	p.until("pictures", func() bool { return len(p.pictures) == 30 })
	cancel()
	ends(t, session)
	if got := f.State().Viewers; got != 0 {
		t.Errorf("%d viewers are left", got)
	}
	if _, there := s.Session(session.ID); there {
		t.Error("the session can still be found")
	}
}

func TestSessionEndsWhenThePlayerCloses(t *testing.T) {
	t.Parallel()
	s, f, _ := playing(t, video.Options{})
	p, session := watching(t, s, f, playerOptions{})
	p.close()
	ends(t, session)
}

func ends(t *testing.T, session *video.Session) {
	t.Helper()
	select {
	case <-session.Done():
	case <-time.After(5 * time.Second):
		t.Fatal("the session does not end")
	}
}

func TestOffersThatCannotBeAnswered(t *testing.T) {
	t.Parallel()
	s := newServer(t, video.Options{MostViewers: 2})
	good := newPlayer(t, playerOptions{}).offer()
	for _, tc := range []struct{ name, offer, want string }{
		{"nothing", "", "no session description"},
		{"JSON", `{"type":"offer"}`, "no session description"},
		{"no picture", strings.Replace(good, "m=video", "m=audio", 1), "asks for no picture"},
		{"another codec", strings.ReplaceAll(good, "H264/90000", "VP8/90000"), "neither H.264 nor H.265"},
		{"no credentials", strings.ReplaceAll(good, "ice-ufrag", "x"), "lacks ICE credentials"},
		{"cut off", good[:len(good)/4] + "\nm=video \na=ice-ufrag:x\na=fingerprint:y", "offer"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, _, err := s.Watch(t.Context(), s.Feed("a"), tc.offer)
			var invalid interface{ InvalidField() string }
			if !errors.As(err, &invalid) || invalid.InvalidField() != "offer" || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one of the offer with %q", err, tc.want)
			}
		})
	}
	if n := s.Feed("a").State().Viewers; n != 0 {
		t.Errorf("%d viewers are counted that were refused", n)
	}
	f := s.Feed("b")
	newCamera(t, f, moving265).open()
	var codec *video.CodecError
	if _, _, err := s.Watch(t.Context(), f, good); !errors.As(err, &codec) || codec.Codec != rtsp.H265 {
		t.Errorf("H.265 for a player of H.264: %v", err)
	}
	for range 2 {
		if _, _, err := s.Watch(t.Context(), s.Feed("a"), newPlayer(t, playerOptions{}).offer()); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := s.Watch(t.Context(), s.Feed("a"), newPlayer(t, playerOptions{}).offer()); !errors.Is(err, video.ErrBusy) {
		t.Errorf("a third of two: %v", err)
	}
}

func TestTrickledCandidates(t *testing.T) {
	t.Parallel()
	s, f, _ := playing(t, video.Options{})
	p := newPlayer(t, playerOptions{})
	whole := p.offer()
	bare, fragment := "", "a=ice-ufrag:"+line(whole, "a=ice-ufrag:")+"\r\nm=video 9 RTP/AVP 0\r\na=mid:0\r\n"
	for l := range strings.Lines(whole) {
		if strings.HasPrefix(l, "a=candidate:") {
			fragment += l
		} else if !strings.HasPrefix(l, "a=end-of-candidates") {
			bare += l
		}
	}
	session, answer, err := s.Watch(t.Context(), f, bare)
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Patch(`"another"`, fragment); !errors.Is(err, video.ErrStale) {
		t.Errorf("another ETag: %v", err)
	}
	if err := session.Patch(session.ETag, "a=ice-ufrag:other\r\n"+fragment); !errors.Is(err, video.ErrRestart) {
		t.Errorf("other credentials: %v", err)
	}
	var invalid *video.InvalidError
	if err := session.Patch("", "a=candidate:nonsense\r\n"); !errors.As(err, &invalid) {
		t.Errorf("nonsense: %v", err)
	}
	if err := session.Patch(session.ETag, fragment); err != nil {
		t.Error(err)
	}
	p.answered(answer)
	p.until("pictures", func() bool { return len(p.pictures) == 30 })
	session.Close()
	if err := session.Patch("", fragment); !errors.Is(err, video.ErrClosed) {
		t.Errorf("after its end: %v", err)
	}
}

func line(sdp, prefix string) string {
	for l := range strings.Lines(sdp) {
		if rest, ok := strings.CutPrefix(l, prefix); ok {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}

func TestSnapshotIsTheNewestWholeKeyframe(t *testing.T) {
	t.Parallel()
	s := newServer(t, video.Options{GOPBytes: 20 << 10}) // far less than a group
	f := s.Feed("gate/main")
	if _, _, _, ok := f.Snapshot(); ok {
		t.Error("a picture of nothing")
	}
	c := newCamera(t, f, moving)
	c.open()
	for range groupOf264 - 1 {
		c.picture()
	}
	codec, unit, at, ok := f.Snapshot()
	if !ok || codec != rtsp.H264 || time.Since(at) > time.Minute {
		t.Fatalf("%s of %v, %v", codec, at, ok)
	}
	want := append(append([]byte{0, 0, 0, 1}, c.format.SPS...), append([]byte{0, 0, 0, 1}, c.format.PPS...)...)
	if !strings.Contains(string(unit), string(want)) {
		t.Error("the picture lacks its parameter sets")
	}
	if slice := c.units[0][len(c.units[0])-1]; !strings.Contains(string(unit), string(slice)) {
		t.Error("the picture is not that of the keyframe")
	}
}

func TestAPlayerOfH265WaitsForACameraThatNobodyHasSeen(t *testing.T) {
	t.Parallel()
	s := newServer(t, video.Options{})
	f := s.Feed("gate/main")
	p := newPlayer(t, playerOptions{h265: true})
	p.watch(t.Context(), s, f)
	c := newCamera(t, f, moving265)
	c.open()
	c.keep()
	p.until("pictures", func() bool { return len(p.pictures) > 3 })
	p.inOrder()
}
