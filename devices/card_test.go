package devices

import "testing"

func TestCardHash(t *testing.T) {
	t.Parallel()
	key := []byte("0123456789abcdef0123456789abcdef")
	want := CardHash(key, "6154412")
	if !ValidCardHash(want) {
		t.Fatalf("%q", want)
	}
	for _, same := range []string{"06154412", " 6154412 ", "615-4412", "0000000006154412"} {
		if got := CardHash(key, same); got != want {
			t.Errorf("%q: %s, want %s", same, got, want)
		}
	}
	if CardHash(key, "6154413") == want || CardHash([]byte("another key of thirty-two bytes!"), "6154412") == want {
		t.Error("another card or another key gives the same hash")
	}
	if CardHash(key, "ab12") != CardHash(key, "AB 12") {
		t.Error("letters differ by case")
	}
	for _, none := range []string{"", "0", "--"} {
		if got := CardHash(key, none); got != "" {
			t.Errorf("%q: %s", none, got)
		}
	}
}
