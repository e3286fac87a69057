package gateway

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"guardroom/gateway/poller"
)

// metrics serves what an operator of the installation watches.
type metrics struct {
	listener net.Listener
	server   *http.Server
}

// listenMetrics takes the port when the configuration names one; serve answers.
func listenMetrics(g *running) (*metrics, error) {
	if g.config.Metrics == "" {
		return &metrics{}, nil
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", g.config.Metrics)
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(&collector{g})
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return &metrics{listener, &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute}}, nil
}

func (m *metrics) serve() {
	if m.server != nil {
		go func() { _ = m.server.Serve(m.listener) }() // ends with close
	}
}

func (m *metrics) address() string {
	if m.listener == nil {
		return ""
	}
	return m.listener.Addr().String()
}

func (m *metrics) close() {
	if m.server != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = m.server.Shutdown(ctx) // nobody waits for a scrape
	}
}

// collector reads the parts at each scrape; the parts know nothing of it.
type collector struct{ g *running }

func described(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("guardroom_gateway_"+name, help, labels, nil)
}

var (
	spoolDepth   = described("spool_depth", "Signals not yet confirmed by the console.")
	spoolBytes   = described("spool_bytes", "Bytes of the spool on disk.")
	spoolMemory  = described("spool_memory", "Signals that stand in memory only, because the disk takes nothing.")
	spoolDropped = described("spool_dropped_total", "Signals dropped for want of space.")
	spoolSeq     = described("spool_last_seq", "Last sequence number given.")
	linkUp       = described("link_up", "1 while connected to the console's broker.")
	deviceUp     = described("device_up", "1 while the device answers.", "device")
	lineRequests = described("line_requests_total", "Requests sent on a line.", "line")
	lineTimeouts = described("line_timeouts_total", "Requests without a whole answer.", "line")
	lineBad      = described("line_bad_answers_total", "Answers thrown away.", "line")
	lineStale    = described("line_stale_frames_total", "Late or doubled answers skipped.", "line")
	lineConnects = described("line_reconnects_total", "Connections made after the first.", "line")
	lineLatency  = described("line_latency_seconds", "Time of the last good answer.", "line")
	lineRefusals = described("line_exceptions_total", "Refusals by devices.", "line", "code")
)

// Describe leaves the descriptions to Collect.
func (c *collector) Describe(out chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, out) }

// Collect reads everything now.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, v uint64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	st := c.g.spool.Stats()
	gauge(spoolDepth, float64(st.Depth))
	gauge(spoolBytes, float64(st.Bytes))
	gauge(spoolMemory, float64(st.Memory))
	counter(spoolDropped, st.Dropped)
	gauge(spoolSeq, float64(st.Last.Seq))
	gauge(linkUp, truth(c.g.uplink.client != nil && c.g.uplink.client.Connected()))
	for _, d := range c.g.site.drivers {
		gauge(deviceUp, truth(d.Status().State == poller.Up), d.id)
	}
	for name, bus := range c.g.site.buses {
		s := bus.Stats()
		counter(lineRequests, s.Requests, name)
		counter(lineTimeouts, s.Timeouts, name)
		counter(lineBad, s.BadAnswers, name)
		counter(lineStale, s.StaleFrames, name)
		counter(lineConnects, s.Reconnects, name)
		gauge(lineLatency, s.LastLatency.Seconds(), name)
		for code, n := range s.Exceptions {
			counter(lineRefusals, n, name, fmt.Sprint(code))
		}
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
