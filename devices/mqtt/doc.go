// Package mqtt speaks MQTT 3.1.1 to a broker. It is the only package that
// imports paho.mqtt.golang, which it uses as a thin pipe: one paho client per
// connection, thrown away with it. What paho would remember across connections
// (messages, ids, tokens) has no place here, since a gateway keeps its own
// messages until the console has confirmed them.
//
//	client.go        Client: one goroutine connects, waits for the end, connects again
//	session.go       one connection: its paho client, sender and acknowledger
//	delivery.go      Publish, Start, and what became of a message
//	subscription.go  filters that outlive connections; a bounded queue and a goroutine each
//	wire.go          the socket: deadlines on every write, a limit on every packet
//	options.go       settings, defaults, refusals
//	message.go       messages, topics and filters
//
// The traps of paho 1.5.1, and where each is answered:
//
//   - 65,535 message ids, then an error: Options.Window bounds what is in flight
//     (delivery.go), far below.
//   - FileStore never syncs and MemoryStore resends behind one's back:
//     neither is used; the store forgets at once (session.go, forgetful).
//   - A token may wait for ever: every wait also watches the end of the
//     connection, and an acknowledgement overdue ends the connection; the
//     outcome is then ErrUnknown (delivery.go).
//   - Ordered handlers run on paho's reading side, and one that blocks stops
//     acknowledgements and pings: ours only put into a queue (subscription.go).
//   - Subscriptions are lost with the broker's session: renewed at every
//     connection, and routed before the first message can come (session.go).
//   - The first connect gives up, later ones back off up to ten minutes, and all
//     clients return in step: connecting is our own loop, bounded and with
//     jitter (client.go).
//   - A stuck socket holds Publish, and pings and acknowledgements have no
//     deadline at all: every write has one (wire.go).
//   - Messages are acknowledged before they are safe: acknowledgement is
//     manual, Received.Ack (session.go).
//   - Two clients with one id throw each other off for ever: noticed and said
//     (client.go, quarrel).
//   - A will is fixed when the client is made: each connection asks WillFor
//     anew (session.go).
//   - A packet may announce 256 MB, for which paho makes room at once:
//     refused over Options.MaxPacket (wire.go).
package mqtt
