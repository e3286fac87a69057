package api

import (
	"context"
	"encoding/hex"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"guardroom/console/audit"
	"guardroom/console/auth"
)

// auditDesk is what these routes need of the console.
type auditDesk interface {
	List(ctx context.Context, by auth.Operator, f audit.Filter) (audit.Page, error)
	CSV(ctx context.Context, by auth.Operator, f audit.Filter, to io.Writer) error
	Verify(ctx context.Context, by auth.Operator) (audit.Verdict, error)
}

// AuditEntry is one line of the record as screens see it. Action and params are what
// they translate.
type AuditEntry struct {
	Change    int64             `json:"change"`
	Index     int               `json:"index"`
	At        time.Time         `json:"at"`
	Station   string            `json:"station"`
	Actor     string            `json:"actor"`
	ActorName string            `json:"actor_name"`
	Address   string            `json:"address"`
	Action    string            `json:"action"`
	Subject   string            `json:"subject"`
	Params    map[string]string `json:"params"`
	Hash      string            `json:"hash"`
	Previous  string            `json:"previous"`
}

func (s *Server) auditRoutes() {
	route(s, http.MethodGet, "/audit", "list-audit", "The record, newest first", 200, s.listAudit)
	route(s, http.MethodGet, "/audit/verify", "verify-audit", "Check the whole record for tampering", 200, s.verifyAudit)
	s.engine.GET(base+"/audit.csv", s.auditCSV)
	s.api.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "export-audit", Method: http.MethodGet, Path: base + "/audit.csv", Tags: []string{"audit"},
		Summary:     "The record as comma-separated values",
		Description: "Takes station, actor, action, subject, from and to as the list does.",
		Responses: map[string]*huma.Response{
			"200": {Description: "The record", Content: map[string]*huma.MediaType{"text/csv": {Schema: &huma.Schema{Type: "string"}}}},
		},
	})
}

type listAuditInput struct {
	InStation
	Period
	Actor   string `query:"actor" maxLength:"64"`
	Action  string `query:"action" maxLength:"64"`
	Subject string `query:"subject" maxLength:"200"`
}

func (s *Server) listAudit(ctx context.Context, in *listAuditInput) (*output[list[AuditEntry]], error) {
	found, err := s.o.Audit.List(ctx, operator(ctx), audit.Filter{
		Station: in.Station, Actor: in.Actor, Action: in.Action, Subject: in.Subject, From: in.from, To: in.to, Limit: in.Limit, Cursor: in.Cursor,
	})
	items := make([]AuditEntry, 0, len(found.Items))
	for _, e := range found.Items {
		items = append(items, entryOf(e))
	}
	return page(items, found.Next, err)
}

func entryOf(e audit.Entry) AuditEntry {
	params := e.Params
	if params == nil {
		params = map[string]string{}
	}
	return AuditEntry{
		Change: e.Change, Index: e.Index, At: e.At.UTC(), Station: e.Station, Actor: e.Actor, ActorName: e.Name, Address: e.Address,
		Action: e.Action, Subject: e.Subject, Params: params, Hash: hex.EncodeToString(e.Hash[:]), Previous: hex.EncodeToString(e.Previous[:]),
	}
}

func (s *Server) verifyAudit(ctx context.Context, _ *struct{}) (*output[audit.Verdict], error) {
	return reply(s.o.Audit.Verify(ctx, operator(ctx)))
}

// auditCSV streams the record; permission is asked before the first byte.
func (s *Server) auditCSV(c *gin.Context) {
	f := audit.Filter{Station: c.Query("station"), Actor: c.Query("actor"), Action: c.Query("action"), Subject: c.Query("subject")}
	var ok bool
	if f.From, f.To, ok = s.span(c); !ok {
		return
	}
	s.download(c, "audit.csv", func(ctx context.Context, by auth.Operator, w io.Writer) error { return s.o.Audit.CSV(ctx, by, f, w) })
}
