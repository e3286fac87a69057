package cameras

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"guardroom/console/auth"
	"guardroom/devices"
	"guardroom/gateway/link"
)

// What a gateway is asked for a camera is answered by a receipt, as commands are,
// but is no command: it is not kept, because it carries a token and is worth
// nothing later. Who moved a camera, who watched and who took a clip is recorded
// by those who ask.

// orderPrefix tells these from commands.
const orderPrefix = "camera-"

type asked struct {
	gateway string
	answer  chan devices.Receipt
}

// ask sends an order and waits for its receipt.
func (d *Desk) ask(ctx context.Context, c camera, verb devices.Verb, arguments map[string]string, within time.Duration) (devices.Receipt, error) {
	if c.direct != nil || !c.Online {
		return devices.Receipt{}, &ConflictError{Reason: "gateway_offline", Text: "the camera's gateway is not connected; nothing was sent"}
	}
	now := d.now()
	one := &asked{gateway: c.Gateway, answer: make(chan devices.Receipt, 1)}
	id := orderPrefix + auth.NewID()
	d.mu.Lock()
	d.asked[id] = one
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		delete(d.asked, id)
		d.mu.Unlock()
	}()
	payload, err := json.Marshal(devices.Command{ID: id, Point: c.point(devices.PicturePoint), Verb: verb, Arguments: arguments, Deadline: now.Add(within), Now: now})
	if err != nil {
		return devices.Receipt{}, err
	}
	if err := d.o.Send(c.Station, c.Gateway, link.Commands, payload); err != nil {
		d.o.Log.Info("cameras: an order was not sent", "camera", c.id(), "verb", verb, "err", err)
		return devices.Receipt{}, &ConflictError{Reason: "gateway_offline", Text: "the camera's gateway is not connected; nothing was sent"}
	}
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case r := <-one.answer:
		if r.Outcome != devices.Confirmed {
			return r, &ConflictError{Reason: reasonOf(r.Code), Text: r.Text}
		}
		return r, nil
	case <-timer.C:
		return devices.Receipt{}, &ConflictError{Reason: "no_answer", Text: fmt.Sprintf("the gateway did not answer within %s", within)}
	case <-ctx.Done():
		return devices.Receipt{}, ctx.Err()
	case <-d.ctx.Done():
		return devices.Receipt{}, errStopped
	}
}

func reasonOf(code string) string {
	if code == "" || len(code) > 64 {
		return "refused"
	}
	return code
}

// Receipt takes the answer to an order; false means that it belongs to a command.
func (d *Desk) Receipt(gateway string, r devices.Receipt) bool {
	if !strings.HasPrefix(r.Command, orderPrefix) {
		return false
	}
	d.mu.Lock()
	one := d.asked[r.Command]
	d.mu.Unlock()
	if one != nil && one.gateway == gateway {
		select {
		case one.answer <- r:
		default: // it came twice
		}
	}
	return true
}
