package correlation

import "guardroom/devices"

// Shipped are the rules that every station begins with. They are switched off
// until somebody has tried them over the station's own past.
func Shipped() []Rule {
	refused := SignalMatch{Kinds: []devices.Kind{devices.AccessDenied}}
	return []Rule{
		{Code: "card-refused", Name: "Three refusals of one card in 5 minutes", Logic: Logic{
			Pattern: Count, Match: refused, Count: 3, Within: 300, By: ByDetail, Field: "card",
			Outcome: RuleOutcome{Do: Alarm, Priority: 3, Text: "The same card was refused three times in five minutes."},
		}},
		{Code: "door-refused", Name: "Three refusals at one door in 5 minutes", Logic: Logic{
			Pattern: Count, Match: refused, Count: 3, Within: 300, By: ByPoint,
			Outcome: RuleOutcome{Do: Alarm, Priority: 3, Text: "Cards were refused three times at this door in five minutes."},
		}},
		{Code: "forced-and-motion", Name: "Forced door and motion in the same area within 2 minutes", Logic: Logic{
			Pattern: Sequence, Match: SignalMatch{Kinds: []devices.Kind{devices.DoorForced}}, Then: &SignalMatch{Kinds: []devices.Kind{devices.ZoneAlarm}},
			Within: 120, By: ByArea, AnyOrder: true,
			Outcome: RuleOutcome{Do: Alarm, Priority: 1, Text: "A door was forced and a sensor of the same area saw movement: somebody is inside."},
		}},
	}
}
