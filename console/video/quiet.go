package video

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/pion/logging"
)

// quiet hands what the protocols below have to say to the log, for who looks for
// it: a lost viewer is none of an operator's errors.
type quiet struct{ log *slog.Logger }

// NewLogger makes the logger of one protocol.
func (q quiet) NewLogger(scope string) logging.LeveledLogger {
	return quietScope{q.log.With("protocol", scope)}
}

type quietScope struct{ log *slog.Logger }

func (q quietScope) say(format string, args ...any) {
	if q.log.Enabled(context.Background(), slog.LevelDebug) {
		q.log.Debug("video: " + fmt.Sprintf(format, args...))
	}
}

func (q quietScope) Trace(string)          {}
func (q quietScope) Tracef(string, ...any) {}
func (q quietScope) Debug(string)          {}
func (q quietScope) Debugf(string, ...any) {}
func (q quietScope) Info(string)           {}
func (q quietScope) Infof(string, ...any)  {}

func (q quietScope) Warn(msg string)                   { q.say("%s", msg) }
func (q quietScope) Warnf(format string, args ...any)  { q.say(format, args...) }
func (q quietScope) Error(msg string)                  { q.say("%s", msg) }
func (q quietScope) Errorf(format string, args ...any) { q.say(format, args...) }
