package rtsp_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"testing"
)

type identity struct{ server, client *tls.Config }

// httptestCertificate borrows the certificate for 127.0.0.1 that tests of the
// standard library use.
func httptestCertificate(t *testing.T) identity {
	t.Helper()
	s := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(s.Close)
	return identity{
		server: &tls.Config{Certificates: s.TLS.Certificates},
		client: s.Client().Transport.(*http.Transport).TLSClientConfig.Clone(),
	}
}
