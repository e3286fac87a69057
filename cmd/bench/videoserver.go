package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"guardroom/console/video"
	"guardroom/devices/rtsp"
)

type videoReady struct {
	URL string `json:"url"` // of WHEP, without the camera's number and "/whep"
}

// childVideo is the console's video alone: it pulls cameras and answers WHEP at
// /0/whep, /1/whep, …. spec is the cameras' address and how many.
func childVideo(ctx context.Context, spec string) error {
	address, number, _ := strings.Cut(spec, ",")
	count, err := strconv.Atoi(number)
	if err != nil {
		return err
	}
	server, err := video.New(video.Options{UDP: "127.0.0.1:0", TCP: "127.0.0.1:0"})
	if err != nil {
		return err
	}
	defer func() { _ = server.Close() }()
	for i := range count {
		id := strconv.Itoa(i)
		go func() {
			_ = rtsp.Pull(ctx, rtsp.Camera{URL: "rtsp://" + address + "/" + id, Transport: rtsp.TCP}, server.Feed(id)) // until ctx ends
		}()
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{camera}/whep", func(w http.ResponseWriter, r *http.Request) {
		offer, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		session, answer, err := server.Watch(ctx, server.Feed(r.PathValue("camera")), string(offer))
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		w.Header().Set("Content-Type", "application/sdp")
		w.Header().Set("Location", r.URL.Path+"/"+session.ID)
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, answer)
	})
	mux.HandleFunc("DELETE /{camera}/whep/{session}", func(_ http.ResponseWriter, r *http.Request) {
		if session, ok := server.Session(r.PathValue("session")); ok {
			session.Close()
		}
	})
	web := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		_ = web.Close()
	}()
	announce(videoReady{URL: "http://" + listener.Addr().String()})
	if err := web.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
