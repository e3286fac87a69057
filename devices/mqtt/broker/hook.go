package broker

import (
	"errors"
	"fmt"
	"strings"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// hook is what mochi asks and tells. Each method runs on the goroutine of the
// client that causes it.
type hook struct {
	mochi.HookBase
	broker *Broker
}

func (h *hook) ID() string { return "guardroom" }

func (h *hook) Provides(b byte) bool {
	switch b {
	case mochi.OnConnectAuthenticate, mochi.OnSessionEstablished, mochi.OnDisconnect,
		mochi.OnPacketRead, mochi.OnACLCheck, mochi.OnSubscribed,
		mochi.OnPublish, mochi.OnPublishDropped, mochi.OnQosPublish,
		mochi.OnWillSent, mochi.OnClientExpired:
		return true
	}
	return false
}

func connOf(cl *mochi.Client) *conn {
	c, _ := cl.Net.Conn.(*conn)
	return c
}

// OnConnectAuthenticate decides about a sign-in.
func (h *hook) OnConnectAuthenticate(cl *mochi.Client, pk packets.Packet) bool {
	b, c := h.broker, connOf(cl)
	if c == nil {
		return false
	}
	client := &Client{ID: cl.ID, Username: string(pk.Connect.Username), Remote: cl.Net.Remote, CertCN: c.certCN}
	if err := h.admit(client, pk); err != nil {
		b.o.Log.Warn("client refused", "client", client.ID, "username", client.Username, "remote", client.Remote, "error", err)
		if b.o.OnConnect != nil {
			b.o.OnConnect(client, err)
		}
		b.setClient(c, client)
		return false
	}
	b.setClient(c, client)
	c.allow(pk.Connect.Keepalive)
	b.takeOver(c)
	b.mu.Lock()
	c.session = cl
	b.mu.Unlock()
	return true
}

func (b *Broker) setClient(c *conn, client *Client) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c.client = client
}

func (h *hook) admit(client *Client, pk packets.Packet) error {
	b := h.broker
	if client.ID == mochi.InlineClientId {
		return fmt.Errorf("client id %q is the broker's own", client.ID)
	}
	if b.o.Authenticate != nil {
		if err := b.o.Authenticate(client, pk.Connect.Password); err != nil {
			return err
		}
	}
	if !pk.Connect.Clean && b.server.Clients.Len() > 2*b.o.MaxClients {
		return errors.New("too many sessions are kept")
	}
	if !pk.Connect.WillFlag {
		return nil
	}
	// The will is published later in the client's name, and mochi asks nobody.
	if b.o.MayPublish != nil && !b.o.MayPublish(client, pk.Connect.WillTopic) {
		h.denied(client, pk.Connect.WillTopic, true)
		return fmt.Errorf("its will: %w", ErrDenied)
	}
	if strings.ContainsAny(pk.Connect.WillTopic, "+#") || tooDeep(pk.Connect.WillTopic) {
		return fmt.Errorf("its will goes to %q", clip(pk.Connect.WillTopic))
	}
	return nil
}

func (h *hook) denied(c *Client, topic string, write bool) {
	b := h.broker
	b.o.Log.Warn("denied", "client", c.ID, "username", c.Username, "remote", c.Remote, "topic", clip(topic), "write", write)
	if b.o.OnDenied != nil {
		b.o.OnDenied(c, topic, write)
	}
}

func clip(s string) string {
	if len(s) > 200 {
		return s[:200] + "…"
	}
	return s
}

func tooDeep(topic string) bool { return strings.Count(topic, "/") >= maxLevels }

// OnSessionEstablished comes after the client was told that it is in, and before
// anything is read from it.
func (h *hook) OnSessionEstablished(cl *mochi.Client, _ packets.Packet) {
	b, c := h.broker, connOf(cl)
	// An MQTT 5 client may ask for its will later. Mochi forgets to retain such a
	// will, and sooner is safer.
	cl.Properties.Will.WillDelayInterval = 0
	b.mu.Lock()
	c.signedIn = true
	client := c.client
	b.mu.Unlock()
	// Between the register and here an old connection that outlived takeOverTime
	// may have removed this one; finish looks from the other side.
	if known, ok := b.server.Clients.Get(cl.ID); !ok || known != cl {
		c.cut(ErrTakenOver)
	}
	b.o.Log.Info("client connected", "client", client.ID, "username", client.Username, "remote", client.Remote)
	if b.o.OnConnect != nil {
		b.o.OnConnect(client, nil)
	}
}

// OnDisconnect comes after the will was published; see Broker.finish.
func (h *hook) OnDisconnect(cl *mochi.Client, err error, _ bool) {
	if c := connOf(cl); c != nil {
		c.ended = err
	}
}

// OnPacketRead sees each packet first. To refuse it here ends the connection,
// whatever the QoS and the version, and publishes the will.
func (h *hook) OnPacketRead(cl *mochi.Client, pk packets.Packet) (packets.Packet, error) {
	c := connOf(cl)
	if c == nil || c.client == nil {
		return pk, nil // a CONNECT packet
	}
	if _, closing := c.state(); closing {
		return pk, packets.ErrRejectPacket
	}
	switch pk.FixedHeader.Type {
	case packets.Publish:
		if may := h.broker.o.MayPublish; may != nil && !may(c.client, pk.TopicName) {
			h.denied(c.client, pk.TopicName, true)
			c.cut(ErrDenied)
			return pk, packets.ErrRejectPacket
		}
		if tooDeep(pk.TopicName) {
			return pk, h.abuse(c, fmt.Errorf("topic with over %d levels: %w", maxLevels, ErrAbuse))
		}
	case packets.Subscribe:
		if cl.State.Subscriptions.Len()+len(pk.Filters) > maxFilters {
			return pk, h.abuse(c, fmt.Errorf("over %d subscriptions: %w", maxFilters, ErrAbuse))
		}
		for _, f := range pk.Filters {
			if tooDeep(f.Filter) {
				return pk, h.abuse(c, fmt.Errorf("filter with over %d levels: %w", maxLevels, ErrAbuse))
			}
		}
	}
	return pk, nil
}

func (h *hook) abuse(c *conn, err error) error {
	h.broker.o.Log.Warn("client cut", "client", c.client.ID, "remote", c.client.Remote, "error", err)
	c.cut(err)
	return packets.ErrRejectPacket
}

// OnACLCheck is asked for filters and, before each delivery, for topics. What a
// client publishes was decided in OnPacketRead.
func (h *hook) OnACLCheck(cl *mochi.Client, topic string, write bool) bool {
	may := h.broker.o.MaySubscribe
	if write || may == nil {
		return true
	}
	c := connOf(cl)
	return c != nil && may(c.client, topic)
}

func (h *hook) OnSubscribed(cl *mochi.Client, pk packets.Packet, _ []byte) {
	c := connOf(cl)
	may := h.broker.o.MaySubscribe
	if c == nil || may == nil {
		return
	}
	for _, f := range pk.Filters {
		if !may(c.client, f.Filter) {
			h.denied(c.client, f.Filter, false)
		}
	}
}

// OnPublish offers a message to Take. Its only error is ErrRejectPacket, because
// after any other mochi still publishes for a 3.1.1 client.
func (h *hook) OnPublish(cl *mochi.Client, pk packets.Packet) (packets.Packet, error) {
	c := connOf(cl)
	if c == nil {
		return pk, nil // published by this process
	}
	if h.broker.o.Take != nil {
		taken, err := h.take(cl, c, pk)
		if taken || err != nil {
			return pk, packets.ErrRejectPacket
		}
	}
	return h.boundRetained(pk), nil
}

var errOver = errors.New("the connection is over")

func (h *hook) take(cl *mochi.Client, c *conn, pk packets.Packet) (bool, error) {
	p := Taken{Topic: pk.TopicName, Payload: pk.Payload, QoS: pk.FixedHeader.Qos, Retain: pk.FixedHeader.Retain}
	if p.QoS == 0 {
		p.Done = func() {}
		return h.broker.o.Take(c.client, p), nil
	}
	claimed := c.claim(pk.PacketID, p.QoS)
	if claimed == nil {
		return false, errOver // not acknowledged: it comes again
	}
	p.Done = func() { c.settle(cl, claimed) }
	taken := h.broker.o.Take(c.client, p)
	if !taken {
		c.release(claimed)
	}
	return taken, nil
}

// sysTopics is how many retained messages mochi has of its own, under $SYS.
const sysTopics = 20

// boundRetained lets a message through without keeping it when too many topics
// are kept.
func (h *hook) boundRetained(pk packets.Packet) packets.Packet {
	b := h.broker
	if !pk.FixedHeader.Retain || len(pk.Payload) == 0 || b.server.Topics.Retained.Len() < b.o.MaxRetained+sysTopics {
		return pk
	}
	if _, kept := b.server.Topics.Retained.Get(pk.TopicName); !kept {
		pk.FixedHeader.Retain = false
		b.sayNow("retained", "the broker keeps no more retained messages", "limit", b.o.MaxRetained, "topic", clip(pk.TopicName))
	}
	return pk
}

// OnPublishDropped comes when a client has too many packets waiting. Mochi would
// go on without the message; a client that is cut knows that it missed something.
func (h *hook) OnPublishDropped(cl *mochi.Client, _ packets.Packet) {
	if c := connOf(cl); c != nil {
		c.cut(ErrSlow)
	}
}

// OnQosPublish comes when a message was put in flight to a client. The one after
// the last allowed would be dropped, and nobody told.
func (h *hook) OnQosPublish(cl *mochi.Client, pk packets.Packet, _ int64, _ int) {
	c := connOf(cl)
	if c == nil || pk.FixedHeader.Type != packets.Publish || pk.FixedHeader.Dup {
		return
	}
	if cl.State.Inflight.Len() >= h.broker.o.MaxInflight {
		c.cut(ErrSlow)
	}
}

// OnWillSent comes after a will was published and, if so wished, retained.
func (h *hook) OnWillSent(cl *mochi.Client, pk packets.Packet) {
	b, c := h.broker, connOf(cl)
	if c == nil || b.closed() {
		return
	}
	b.o.Log.Info("will published", "client", c.client.ID, "topic", pk.TopicName)
	if b.o.OnWill != nil {
		b.o.OnWill(c.client, message(pk))
	}
}

// OnClientExpired comes when a session was without a connection for too long;
// mochi forgets it and leaves its subscriptions.
func (h *hook) OnClientExpired(cl *mochi.Client) {
	cl.ClearInflights()
	h.broker.server.UnsubscribeClient(cl)
}
