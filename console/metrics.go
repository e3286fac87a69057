package console

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are the console's figures, read when they are asked for.
func (h *house) metrics() http.Handler {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), gauges{h})
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}

type gauges struct{ h *house }

var (
	signals    = prometheus.NewDesc("guardroom_intake_signals_total", "Signals committed.", nil, nil)
	duplicates = prometheus.NewDesc("guardroom_intake_duplicates_total", "Signals that were known before.", nil, nil)
	letters    = prometheus.NewDesc("guardroom_intake_dead_letters_total", "Signals set aside.", nil, nil)
	groups     = prometheus.NewDesc("guardroom_intake_groups_total", "Transactions of intake.", nil, nil)
	failures   = prometheus.NewDesc("guardroom_intake_failures_total", "Transactions of intake that had to be tried again.", nil, nil)
	waiting    = prometheus.NewDesc("guardroom_intake_waiting", "Signals that wait for their commit.", nil, nil)
	watchers   = prometheus.NewDesc("guardroom_live_watchers", "Live streams.", nil, nil)
	cuts       = prometheus.NewDesc("guardroom_live_cuts_total", "Live streams cut because they were slow.", nil, nil)
	skipped    = prometheus.NewDesc("guardroom_live_skipped_total", "Changes of which nobody told in time.", nil, nil)
	change     = prometheus.NewDesc("guardroom_change", "Last change shown.", nil, nil)
	gateways   = prometheus.NewDesc("guardroom_gateways", "Gateways by state.", []string{"state"}, nil)
	ignored    = prometheus.NewDesc("guardroom_wire_ignored_total", "What gateways sent and was not used.", []string{"why"}, nil)
)

// Describe implements prometheus.Collector.
func (f gauges) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{signals, duplicates, letters, groups, failures, waiting, watchers, cuts, skipped, change, gateways, ignored} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (f gauges) Collect(ch chan<- prometheus.Metric) {
	counter := func(d *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, value, labels...)
	}
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	in := f.h.intake.Stats()
	counter(signals, float64(in.Signals))
	counter(duplicates, float64(in.Duplicates))
	counter(letters, float64(in.Letters))
	counter(groups, float64(in.Groups))
	counter(failures, float64(in.Failures))
	gauge(waiting, float64(in.Waiting))
	live := f.h.hub.Stats()
	gauge(watchers, float64(live.Watchers))
	counter(cuts, float64(live.Cuts))
	counter(skipped, float64(live.Skipped))
	gauge(change, float64(live.Change))
	register := f.h.stations.Figures()
	for state, n := range register.ByState {
		gauge(gateways, float64(n), string(state))
	}
	for why, n := range register.Ignored {
		counter(ignored, float64(n), why)
	}
}
