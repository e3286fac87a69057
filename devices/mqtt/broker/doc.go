// Package broker is an MQTT 3.1.1 and 5 broker inside the process: the console's
// default, the field broker of a gateway, and the other end in tests. It is the
// only package that imports mochi-mqtt, whose habits it bends where alarms
// depend on them.
//
//	broker.go  Options, Start and what the process itself can do: Publish, Subscribe, Drop
//	listen.go  sockets: TLS, the first packet, limits, and the end of a connection
//	conn.go    one connection: its queue of bytes out, and why it was cut
//	acks.go    acknowledgements of taken messages, in order
//	hook.go    what mochi asks: may this client, take this message, this will
//	log.go     mochi's log without packets, for they hold passwords and payloads
//
// What a message meets: MayPublish, or the connection is cut; then Take. A taken
// message is neither acknowledged nor forwarded, until Done is called after its
// commit. Any other message is acknowledged and forwarded by mochi at once.
//
// Retained messages and sessions are in memory and gone with the process:
// whoever relies on a retained message publishes it anew after a start. A
// session without a connection is kept for an hour.
//
// The habits of mochi 2.7.9, and where each is answered:
//
//   - PUBACK leaves before anything is safe: Take (hook.go, acks.go).
//   - A publish hook's error still publishes for a 3.1.1 client unless it is
//     ErrRejectPacket: ours returns no other (hook.go).
//   - Writes have no deadline and hold a lock that publishing needs, so one
//     client that stops reading holds everyone: writes go to a bounded queue of
//     bytes with a goroutine and a deadline per connection (conn.go).
//   - What a slow subscriber cannot take is dropped in silence: it is cut, so
//     that it returns and asks anew (hook.go).
//   - An unauthorised QoS 0 publish is ignored, a will is not checked at all: both
//     are refused and reported (hook.go).
//   - A connection that a new one replaces may publish its will after the new
//     one has spoken, and may remove the new one from the register: the new one
//     waits for the end of the old (listen.go, takeOver).
//   - A client that calls itself "inline" replaces the process's own: refused.
//   - Retained messages vanish after a day: not here. $SYS topics stop the world
//     every second: every hour here.
//   - No limit on the time to the first packet, on packets, sockets, sessions,
//     subscriptions, levels of a topic: all set.
//   - A failed accept ends the listener: tried again.
package broker
