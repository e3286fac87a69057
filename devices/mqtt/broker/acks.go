package broker

import (
	"sync"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// acks are the taken messages of one connection in the order in which they came.
type acks struct {
	places chan struct{} // a token for each message in waiting

	mu      sync.Mutex
	waiting []*claim
	ended   bool
}

// A claim is one taken message that still has to be acknowledged.
type claim struct {
	id   uint16
	qos  byte
	done bool
}

// stallTime is how long a client with MaxInflight unacknowledged messages is
// left unread before it is cut.
const stallTime = 30 * time.Second

// claim makes a place for a message, behind those that came before. It waits
// while too many are unacknowledged, which holds this client only. It returns
// nil when the connection ended or had to be cut.
func (c *conn) claim(id uint16, qos byte) *claim {
	select {
	case c.acks.places <- struct{}{}:
	default:
		stalled := time.NewTimer(stallTime)
		defer stalled.Stop()
		select {
		case c.acks.places <- struct{}{}:
		case <-c.over:
			return nil
		case <-stalled.C:
			c.cut(ErrStalled)
			return nil
		}
	}
	cl := &claim{id: id, qos: qos}
	c.acks.mu.Lock()
	defer c.acks.mu.Unlock()
	if c.acks.ended {
		return nil
	}
	c.acks.waiting = append(c.acks.waiting, cl)
	return cl
}

// release takes back the latest claim: the message was not taken after all.
func (c *conn) release(cl *claim) {
	a := &c.acks
	a.mu.Lock()
	defer a.mu.Unlock()
	if n := len(a.waiting); n > 0 && a.waiting[n-1] == cl {
		a.waiting = a.waiting[:n-1]
		<-a.places
	}
}

// settle marks cl as safe and sends every acknowledgement that is due. It never
// waits: the bytes go to the connection's own writer.
func (c *conn) settle(client *mochi.Client, cl *claim) {
	a := &c.acks
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended || cl.done {
		return
	}
	cl.done = true
	var due []byte
	for len(a.waiting) > 0 && a.waiting[0].done {
		head := a.waiting[0]
		a.waiting[0] = nil
		a.waiting = a.waiting[1:]
		due = append(due, acknowledgement(client, head)...)
		<-a.places
	}
	if len(due) > 0 {
		_, _ = c.Write(due) // fails only when the connection is over
	}
}

// acknowledgement is a PUBACK, or the PUBREC of a QoS 2 message: type, length,
// packet id (MQTT 3.1.1, 3.4 and 3.5). In MQTT 5 this short form means success.
func acknowledgement(client *mochi.Client, cl *claim) []byte {
	kind := packets.Puback
	if cl.qos == 2 {
		kind = packets.Pubrec
		// Mochi then answers the PUBREL that follows, and a repeated message.
		client.State.Inflight.Set(packets.Packet{
			FixedHeader: packets.FixedHeader{Type: packets.Pubrec},
			PacketID:    cl.id,
			Created:     time.Now().Unix(),
		})
	}
	return []byte{kind << 4, 2, byte(cl.id >> 8), byte(cl.id)}
}

func (a *acks) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended = true
	a.waiting = nil
}
