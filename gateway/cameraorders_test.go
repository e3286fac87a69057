package gateway

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"guardroom/devices"
	"guardroom/gateway/relay"
)

// way is a stream on its way to a console that is not there.
type way struct {
	once sync.Once
	done chan struct{}
}

func (w *way) Done() <-chan struct{} { return w.done }
func (w *way) Close()                { w.once.Do(func() { close(w.done) }) }

func (w *way) open() bool {
	synctest.Wait()
	select {
	case <-w.done:
		return false
	default:
		return true
	}
}

// A stream goes on its way for as long as the console asked for, and no longer:
// a console that is gone asks no more.
func TestARelayLingersAsLongAsItIsAskedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var ways []*way
		o := &cameraOrders{
			ctx: t.Context(), now: time.Now, pushes: map[string]*pushing{},
			begin: func(context.Context, *relay.Stream, string, string) (relayed, error) {
				ways = append(ways, &way{done: make(chan struct{})})
				return ways[len(ways)-1], nil
			},
		}
		cam := &camera{config: CameraConfig{ID: "C-01"}, streams: map[string]*relay.Stream{devices.MainStream: relay.NewStream(time.Now(), nil)}}
		order := func(token string, lasts time.Duration) error {
			return o.relay(t.Context(), cam, map[string]string{"token": token, "path": "/whip", "until": time.Now().Add(lasts).Format(time.RFC3339Nano)})
		}
		asked := 0
		begin := func(lasts time.Duration) *way {
			t.Helper()
			asked++
			if err := order(strconv.Itoa(asked), lasts); err != nil || len(ways) != asked {
				t.Fatalf("%d streams: %v", len(ways), err)
			}
			return ways[asked-1]
		}
		lasts := func(w *way, d time.Duration) {
			t.Helper()
			<-time.After(d - time.Second)
			if !w.open() {
				t.Fatalf("it ends before %v", d)
			}
			<-time.After(2 * time.Second)
			if w.open() {
				t.Fatalf("it goes on after %v", d)
			}
		}

		if order("", time.Minute) == nil {
			t.Error("what is not on its way is renewed")
		}
		lasts(begin(90*time.Second), 90*time.Second)
		if order("", time.Minute) == nil {
			t.Error("what has ended is renewed")
		}

		renewed := begin(90 * time.Second)
		<-time.After(80 * time.Second)
		if err := order("", 90*time.Second); err != nil {
			t.Error(err)
		}
		lasts(renewed, 90*time.Second)

		lasts(begin(time.Hour), relayAtMost)

		old := begin(90 * time.Second)
		again := begin(90 * time.Second)
		if old.open() || !again.open() {
			t.Error("a stream that begins again goes its way twice")
		}
		if err := order("", -time.Second); err != nil || again.open() {
			t.Errorf("what is let go goes on: %v", err)
		}

		broken := begin(90 * time.Second)
		broken.Close() // the console hung up
		synctest.Wait()
		if len(o.pushes) != 0 {
			t.Errorf("%d streams are left", len(o.pushes))
		}
	})
}
