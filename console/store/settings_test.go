package store_test

import (
	"context"
	"errors"
	"testing"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/store"
	"guardroom/console/store/storetest"
)

func TestSettings(t *testing.T) {
	t.Parallel()
	s := store.Settings{DB: storetest.Open(t)}
	ctx := context.Background()
	type choice struct{ Minutes int }
	got := choice{Minutes: 30}
	if v, err := s.Setting(ctx, "hq", "watch", &got); err != nil || v != 0 || got.Minutes != 30 {
		t.Fatalf("nothing chosen: version %d, %+v, %v", v, got, err)
	}
	e := audit.By(auth.System(), "hq", "setting.save", "setting:watch", nil)
	if v, err := s.SaveSetting(ctx, "hq", "watch", 0, choice{20}, e); err != nil || v != 1 {
		t.Fatalf("first: version %d, %v", v, err)
	}
	var stale *store.StaleSettingError
	if _, err := s.SaveSetting(ctx, "hq", "watch", 0, choice{10}, e); !errors.As(err, &stale) || stale.Now != 1 {
		t.Fatalf("a stale save was taken: %v", err)
	}
	if v, err := s.SaveSetting(ctx, "hq", "watch", 1, choice{10}, e); err != nil || v != 2 {
		t.Fatalf("second: version %d, %v", v, err)
	}
	if v, err := s.Setting(ctx, "hq", "watch", &got); err != nil || v != 2 || got.Minutes != 10 {
		t.Fatalf("read: version %d, %+v, %v", v, got, err)
	}
}
