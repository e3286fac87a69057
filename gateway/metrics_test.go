package gateway

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestMetrics(t *testing.T) {
	t.Parallel()
	p := startPanel(t, apc, nil)
	w := newWorld(t)
	w.extra = "metrics: 127.0.0.1:0\n"
	w.device("ups-1", apc, p.Addr())
	config, err := Parse(w.folder+"/gateway.yaml", []byte(w.text()))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ready := make(chan Addresses, 1)
	ended := make(chan error, 1)
	go func() {
		ended <- Run(ctx, config, Options{Log: slog.New(slog.DiscardHandler), Ready: func(a Addresses) { ready <- a }})
	}()
	address := (<-ready).Metrics
	w.waitReading("gw/ups-1.ups", "good")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"guardroom_gateway_link_up 1", `guardroom_gateway_device_up{device="ups-1"} 1`, "guardroom_gateway_spool_depth", "guardroom_gateway_line_requests_total"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	stop()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("it does not stop")
	}
}
