package api

import (
	"context"
	"net/http"
	"time"

	"guardroom/console/auth"
	"guardroom/console/correlation"
)

// ruleDesk is what these routes need of the console.
type ruleDesk interface {
	List(ctx context.Context, by auth.Operator, station string) ([]correlation.Rule, error)
	Find(ctx context.Context, by auth.Operator, id string) (correlation.Rule, error)
	Add(ctx context.Context, by auth.Operator, station, name string, l correlation.Logic) (correlation.Rule, error)
	Change(ctx context.Context, by auth.Operator, id string, e correlation.Edit) (correlation.Rule, error)
	Remove(ctx context.Context, by auth.Operator, id string, version int64) error
	Hits(ctx context.Context, by auth.Operator, rule string, before int64, limit int) ([]correlation.RuleHit, error)
	Try(ctx context.Context, by auth.Operator, station, id string, l correlation.Logic, from, to time.Time) (correlation.Trial, error)
	Trial(by auth.Operator, id string) (correlation.Trial, error)
	Cancel(by auth.Operator, id string) (correlation.Trial, error)
}

func (s *Server) ruleRoutes() {
	route(s, http.MethodGet, "/rules", "list-rules", "What several signals together mean", 200, s.listRules)
	route(s, http.MethodPost, "/rules", "add-rule", "Add a rule; it begins switched off", 201, s.addRule)
	route(s, http.MethodPost, "/rules/try", "try-rule", "Run a rule over past signals, without any effect", 202, s.tryRule)
	route(s, http.MethodGet, "/rules/try/{id}", "get-trial", "How far a trial is, and what it found", 200, s.getTrial)
	route(s, http.MethodDelete, "/rules/try/{id}", "cancel-trial", "End a trial; what it found stays to be read", 200, s.cancelTrial)
	route(s, http.MethodGet, "/rules/{id}", "get-rule", "One rule", 200, s.getRule)
	route(s, http.MethodPatch, "/rules/{id}", "change-rule", "Change a rule, switch it on or off", 200, s.changeRule)
	route(s, http.MethodDelete, "/rules/{id}", "remove-rule", "Remove a rule; its alarms stay", 204, s.removeRule)
	route(s, http.MethodGet, "/rules/{id}/hits", "list-rule-hits", "What a rule found, newest first, with the signals it stands on", 200, s.listRuleHits)
}

type listRulesInput struct {
	Station string `query:"station" maxLength:"64"`
}

func (s *Server) listRules(ctx context.Context, in *listRulesInput) (*output[list[correlation.Rule]], error) {
	found, err := s.o.Rules.List(ctx, operator(ctx), in.Station)
	return page(found, "", err)
}

type addRuleInput struct {
	Body struct {
		Station string            `json:"station" maxLength:"64"`
		Name    string            `json:"name" maxLength:"800"`
		Rule    correlation.Logic `json:"rule"`
	}
}

func (s *Server) addRule(ctx context.Context, in *addRuleInput) (*output[correlation.Rule], error) {
	return reply(s.o.Rules.Add(ctx, operator(ctx), in.Body.Station, in.Body.Name, in.Body.Rule))
}

// RulePath is a rule or a trial in a path.
type RulePath struct {
	ID string `path:"id" maxLength:"64"`
}

func (s *Server) getRule(ctx context.Context, in *RulePath) (*output[correlation.Rule], error) {
	return reply(s.o.Rules.Find(ctx, operator(ctx), in.ID))
}

type changeRuleInput struct {
	RulePath
	Body struct {
		Version int64              `json:"version"`
		Name    *string            `json:"name,omitempty" maxLength:"800"`
		Rule    *correlation.Logic `json:"rule,omitempty"`
		Enabled *bool              `json:"enabled,omitempty"`
		Anyway  bool               `json:"anyway,omitempty" doc:"Switch it on although nobody has tried it as it stands"`
	}
}

func (s *Server) changeRule(ctx context.Context, in *changeRuleInput) (*output[correlation.Rule], error) {
	b := in.Body
	return reply(s.o.Rules.Change(ctx, operator(ctx), in.ID, correlation.Edit{Version: b.Version, Name: b.Name, Logic: b.Rule, Enabled: b.Enabled, Anyway: b.Anyway}))
}

type removeRuleInput struct {
	RulePath
	Version int64 `query:"version" minimum:"0"`
}

func (s *Server) removeRule(ctx context.Context, in *removeRuleInput) (*nothing, error) {
	return &nothing{}, s.o.Rules.Remove(ctx, operator(ctx), in.ID, in.Version)
}

type listRuleHitsInput struct {
	RulePath
	Before int64 `query:"before" minimum:"0" doc:"id of the last one seen"`
	Limit  int   `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

func (s *Server) listRuleHits(ctx context.Context, in *listRuleHitsInput) (*output[list[correlation.RuleHit]], error) {
	found, err := s.o.Rules.Hits(ctx, operator(ctx), in.ID, in.Before, in.Limit)
	return page(found, "", err)
}

type tryRuleInput struct {
	Body struct {
		Station string            `json:"station" maxLength:"64"`
		ID      string            `json:"id,omitempty" maxLength:"64" doc:"The rule that this is the logic of; it is then kept as tried"`
		Rule    correlation.Logic `json:"rule"`
		From    time.Time         `json:"from"`
		To      time.Time         `json:"to"`
	}
}

func (s *Server) tryRule(ctx context.Context, in *tryRuleInput) (*output[correlation.Trial], error) {
	b := in.Body
	return reply(s.o.Rules.Try(ctx, operator(ctx), b.Station, b.ID, b.Rule, b.From, b.To))
}

func (s *Server) getTrial(ctx context.Context, in *RulePath) (*output[correlation.Trial], error) {
	return reply(s.o.Rules.Trial(operator(ctx), in.ID))
}

func (s *Server) cancelTrial(ctx context.Context, in *RulePath) (*output[correlation.Trial], error) {
	return reply(s.o.Rules.Cancel(operator(ctx), in.ID))
}
