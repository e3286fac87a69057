package auth

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Tokens lists the machine tokens that by may see.
func (d *Desk) Tokens(ctx context.Context, by Operator) ([]Token, error) {
	if err := mayAnywhere(by, TokensManage); err != nil {
		return nil, err
	}
	tokens, err := d.o.Tokens.List(ctx)
	if err != nil {
		return nil, fmt.Errorf("list tokens: %w", err)
	}
	return slices.DeleteFunc(tokens, func(t Token) bool { return !sees(by, TokensManage, t.Roles) }), nil
}

// AddToken returns the token's secret, which is never shown again. expires may
// be nil.
func (d *Desk) AddToken(ctx context.Context, by Operator, name string, roles []Grant, expires *time.Time) (Token, string, error) {
	if err := mayAnywhere(by, TokensManage); err != nil {
		return Token{}, "", err
	}
	grants, err := checkGrants(roles)
	if err != nil {
		return Token{}, "", err
	}
	if len(grants) == 0 {
		return Token{}, "", &InvalidError{Field: "roles", Reason: "at least one"}
	}
	if err := manages(by, TokensManage, grants); err != nil {
		return Token{}, "", err
	}
	if err := checkName("name", name); err != nil {
		return Token{}, "", err
	}
	now := d.o.Now().UTC()
	if expires != nil && !expires.After(now) {
		return Token{}, "", &InvalidError{Field: "expires_at", Reason: "has passed"}
	}
	secret, key := Secret(TokenPrefix)
	t := Token{ID: NewID(), Name: strings.TrimSpace(name), Roles: grants, CreatedAt: now, CreatedBy: by.ID, ExpiresAt: expires}
	note := Note{By: by, Station: oneStation(grants), Action: "token.create", Subject: "token:" + t.ID,
		Params: map[string]string{"name": t.Name, "roles": grantWords(grants)}}
	if err := d.o.Tokens.Create(ctx, t, key, note); err != nil {
		return Token{}, "", fmt.Errorf("add token: %w", err)
	}
	return t, secret, nil
}

// RemoveToken ends a token at once.
func (d *Desk) RemoveToken(ctx context.Context, by Operator, id string) error {
	if err := mayAnywhere(by, TokensManage); err != nil {
		return err
	}
	t, err := d.o.Tokens.ByID(ctx, id)
	if err != nil {
		return fmt.Errorf("find token: %w", err)
	}
	if err := manages(by, TokensManage, t.Roles); err != nil {
		return err
	}
	note := Note{By: by, Station: oneStation(t.Roles), Action: "token.remove", Subject: "token:" + t.ID, Params: map[string]string{"name": t.Name}}
	if err := d.o.Tokens.Remove(ctx, id, note); err != nil {
		return fmt.Errorf("remove token: %w", err)
	}
	d.endAll(t.ID)
	return nil
}
