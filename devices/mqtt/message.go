package mqtt

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"
)

// A Message is what MQTT carries. Its payload must not be changed once it has
// been given away.
type Message struct {
	Topic    string
	Payload  []byte
	QoS      byte // 0 or 1
	Retained bool // outward: keep it; inward: it was kept by the broker and is not new
}

// Validate reports why m cannot be published.
func (m Message) Validate() error {
	if err := ValidTopic(m.Topic); err != nil {
		return err
	}
	if m.QoS > 1 {
		return fmt.Errorf("topic %s: quality of service %d is not 0 or 1", m.Topic, m.QoS)
	}
	return nil
}

// Received is a message that came for a subscription.
type Received struct {
	Message

	ack *acknowledgement
}

// Ack lets the broker forget a QoS 1 message: the PUBACK leaves only now, in the
// order of the calls. Ack never blocks, and may be called late, from any
// goroutine and more than once; for QoS 0, and after the end of the connection
// that brought the message, it does nothing.
func (r Received) Ack() {
	if r.ack != nil {
		r.ack.once.Do(r.ack.send)
	}
}

type acknowledgement struct {
	once sync.Once
	send func()
}

// maxTopic is the longest string that MQTT can carry, in bytes.
const maxTopic = 65535

var errEmpty = errors.New("topic is empty")

// ValidTopic reports why nothing can be published to topic (MQTT 3.1.1, 4.7).
func ValidTopic(topic string) error {
	if err := validText(topic); err != nil {
		return err
	}
	if strings.ContainsAny(topic, "+#") {
		return fmt.Errorf("topic %q has a wildcard", topic)
	}
	return nil
}

// ValidFilter reports why nobody can subscribe to filter: a "#" must be the
// last level and a "+" a whole one (MQTT 3.1.1, 4.7.1).
func ValidFilter(filter string) error {
	if err := validText(filter); err != nil {
		return err
	}
	if rest, shared := strings.CutPrefix(filter, "$share/"); shared {
		group, rest, _ := strings.Cut(rest, "/")
		if group == "" || rest == "" || strings.ContainsAny(group, "+#") {
			return fmt.Errorf("filter %q is not $share/<group>/<filter>", filter)
		}
		filter = rest
	}
	levels := strings.Split(filter, "/")
	for i, level := range levels {
		switch {
		case level == "+" || level == "#" && i == len(levels)-1:
		case strings.ContainsAny(level, "+#"):
			return fmt.Errorf("filter %q: a wildcard must be a whole level, and # the last", filter)
		}
	}
	return nil
}

func validText(s string) error {
	switch {
	case s == "":
		return errEmpty
	case len(s) > maxTopic:
		return fmt.Errorf("topic of %d bytes is over %d", len(s), maxTopic)
	case !utf8.ValidString(s) || strings.ContainsRune(s, 0):
		return fmt.Errorf("topic %q is not UTF-8 without zeros", s)
	}
	return nil
}

// route is the part of a filter that topics are compared with.
func route(filter string) string {
	if rest, shared := strings.CutPrefix(filter, "$share/"); shared {
		_, filter, _ = strings.Cut(rest, "/")
	}
	return filter
}
