package link

import (
	"fmt"
	"strings"

	"guardroom/devices"
)

// Root begins every topic; it names the major version of the wire.
const Root = "guardroom/v1/"

// Channel is the last part of a topic.
type Channel string

// The channels.
const (
	Birth         Channel = "birth"
	Status        Channel = "status"
	Alarms        Channel = "alarms"
	Signals       Channel = "signals"
	Readings      Channel = "readings"
	Heartbeat     Channel = "heartbeat"
	Receipts      Channel = "receipts"
	ConfigApplied Channel = "config/applied"
	Confirm       Channel = "confirm"
	Commands      Channel = "commands"
	Desired       Channel = "desired"
	Config        Channel = "config"
)

// Up lists the channels that a gateway publishes, Down those that it reads.
var (
	Up   = []Channel{Birth, Status, Alarms, Signals, Readings, Heartbeat, Receipts, ConfigApplied}
	Down = []Channel{Confirm, Commands, Desired, Config}
)

// QoS is the MQTT quality of service of c.
func (c Channel) QoS() byte {
	if c == Readings || c == Heartbeat {
		return 0
	}
	return 1
}

// Retained reports whether the broker keeps the last message of c.
func (c Channel) Retained() bool {
	switch c {
	case Birth, Status, Desired, Config, ConfigApplied:
		return true
	}
	return false
}

// Topic is one place on the wire.
type Topic struct {
	Station, Gateway string
	Channel          Channel
}

func (t Topic) String() string {
	return Root + t.Station + "/" + t.Gateway + "/" + string(t.Channel)
}

// ParseTopic reads a topic of the wire and refuses every other.
func ParseTopic(s string) (Topic, error) {
	rest, ours := strings.CutPrefix(s, Root)
	if !ours {
		return Topic{}, fmt.Errorf("topic %q does not begin with %s", clip(s), Root)
	}
	station, rest, _ := strings.Cut(rest, "/")
	gateway, channel, _ := strings.Cut(rest, "/")
	if !devices.ValidID(station) || !devices.ValidID(gateway) {
		return Topic{}, fmt.Errorf("topic %q: station and gateway must be ids", clip(s))
	}
	t := Topic{Station: station, Gateway: gateway, Channel: Channel(channel)}
	for _, known := range append(append([]Channel{}, Up...), Down...) {
		if t.Channel == known {
			return t, nil
		}
	}
	return Topic{}, fmt.Errorf("topic %q: no channel %q", clip(s), clip(channel))
}

// MayPublish reports whether the gateway of a credential may publish to topic.
func MayPublish(station, gateway, topic string) bool { return mayUse(station, gateway, topic, Up) }

// MaySubscribe reports whether the gateway of a credential may read topic. A
// filter with wildcards is refused: a gateway names its four topics, or its own
// subtree with one trailing "#".
func MaySubscribe(station, gateway, filter string) bool {
	if filter == Root+station+"/"+gateway+"/#" {
		return true
	}
	return mayUse(station, gateway, filter, Down)
}

func mayUse(station, gateway, topic string, channels []Channel) bool {
	t, err := ParseTopic(topic)
	if err != nil || t.Station != station || t.Gateway != gateway {
		return false
	}
	for _, c := range channels {
		if t.Channel == c {
			return true
		}
	}
	return false
}

// UpFilters are the MQTT filters with which a console behind somebody else's
// broker hears every gateway.
func UpFilters() []string {
	filters := make([]string, len(Up))
	for i, c := range Up {
		filters[i] = Root + "+/+/" + string(c)
	}
	return filters
}

func clip(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}
