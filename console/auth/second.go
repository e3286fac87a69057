package auth

import "context"

// Verify returns whoever's name and password were typed at somebody else's desk,
// to confirm what two officers must want. It opens no session. Errors are those
// of SignIn.
func (d *Desk) Verify(ctx context.Context, username, password, address string) (Operator, error) {
	u, err := d.match(ctx, username, password, address)
	if err != nil {
		return Operator{}, err
	}
	d.throttle.succeeded(u.Username, address, d.o.Now())
	if u.MustChangePassword {
		return Operator{}, ErrCredentials // a one-time password confirms nothing
	}
	return d.Operator(u, address), nil
}
