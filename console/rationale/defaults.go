package rationale

import "guardroom/devices"

// reason is the text shipped for a kind: why it comes, what follows when nobody
// acts, what to do. Times are seconds; those of hold-up and fire are EN 50518's
// 30 and 60 s answer times, others 90 and 180 s.
type reason struct {
	cause, consequence, response string
	respond, finish              int
}

var shipped = map[devices.Kind]reason{
	devices.FireAlarm: {"A detector, call point or sprinkler flow switch reports fire.", "Fire and smoke spread; people may be trapped.",
		"Send the nearest officer to look, call the fire service as the plan says, open the escape ways, begin evacuation when confirmed.", 30, 1800},
	devices.FirePrealarm: {"One detector is near its limit: smoke, steam or dust.", "It may turn into fire before anybody has looked.",
		"Send an officer to the detector and look at the camera; treat it as fire when smoke is seen or a second detector follows.", 60, 600},
	devices.FireFault: {"A detector, loop or sounder of the fire panel is in fault.", "Part of the building may not be watched.",
		"Read the panel, tell the technician, post a fire watch where detection is gone.", 180, 14400},
	devices.FireSupervisory: {"A valve, pump or tank of the sprinklers is not as it should be.", "Sprinklers may have no water.",
		"Look at the valve or pump, put it right or tell the technician, post a fire watch until then.", 90, 3600},
	devices.FireEvacuation: {"The evacuation signal sounds.", "People leave the building and must be counted.",
		"Open the escape ways, send wardens to the assembly points, keep the entrances free for the fire service.", 30, 3600},
	devices.FireUndecided: {"A pre-alarm was not decided on within its time.", "A fire may be growing that nobody has looked at.",
		"Treat it as fire: send an officer, call the fire service as the plan says.", 30, 1800},
	devices.FireReported: {"A person on the spot reports fire.", "Fire and smoke spread; people may be trapped.",
		"Call the fire service, open the escape ways, begin evacuation.", 30, 1800},
	devices.FireWatchOverdue: {"A fire watch round was not reported in time.", "A part of the building without detection is not watched.",
		"Call the officer on the fire watch; send another one when there is no answer.", 90, 900},
	devices.MedicalAlarm: {"Somebody asks for medical help.", "A life may be at risk.",
		"Send the first responder with the defibrillator, call the medical service, meet the ambulance at the gate.", 30, 1800},
	devices.PanelFault: {"The panel reports a fault of its own.", "Its zones may not be reported.",
		"Read the panel, tell the technician, patrol the zones until it is repaired.", 180, 14400},
	devices.ZoneAlarm: {"A sensor of an armed area saw movement, vibration or an opened contact.", "Somebody may be inside or over the fence.",
		"Look at the camera, send a patrol, keep a second officer at the exits of the area.", 90, 900},
	devices.ZoneTamper: {"A sensor's cover or cable was opened.", "The sensor can be made blind.",
		"Send an officer to the sensor, tell the technician, watch the zone by camera meanwhile.", 180, 3600},
	devices.DeviceTamper: {"A housing or cable of the device was opened.", "The device can be made blind or commanded by others.",
		"Send an officer to the device; ask the technician whether work is announced.", 180, 3600},
	devices.Duress: {"An officer or user opened or disarmed under threat.", "A person is threatened now; the threat may be armed.",
		"Do not call the person. Send armed officers covertly, watch by camera, call the duty chief and the host country's police.", 30, 1800},
	devices.Panic: {"A hold-up button was pressed.", "A person is threatened now; the threat may be armed.",
		"Do not call the room. Send armed officers covertly, watch by camera, call the duty chief and the host country's police.", 30, 1800},
	devices.DoorForced: {"The door opened without a card or exit button.", "Somebody may have got in unseen.",
		"Look at the camera, send a patrol to the door, close it and search the area behind it.", 90, 900},
	devices.DoorHeld: {"The door stands open longer than allowed.", "Others can follow unseen.",
		"Look at the camera, speak to whoever holds it, send an officer when it is not closed.", 90, 300},
	devices.DoorFault: {"The lock or contact of the door is in fault.", "The door may be open or may not open in an emergency.",
		"Send an officer to try the door; post a guard when it does not lock; tell the technician.", 180, 3600},
	devices.PowerMainsFail: {"The mains are gone; the device runs on its battery.", "It stops when the battery is empty.",
		"Ask the duty electrician, find out how far the failure reaches, watch the battery.", 180, 3600},
	devices.PowerBatteryLow: {"The battery is nearly empty.", "The device stops within minutes.",
		"Bring other power, post officers for what the device watches.", 90, 900},
	devices.PowerBatteryReplace: {"The battery has failed its test.", "The device stops at the next power failure.",
		"Tell the technician to replace the battery.", 300, 86400},
	devices.PowerOverload: {"More power is drawn than the supply can give.", "The supply may switch off.",
		"Tell the technician, switch off what is not needed.", 180, 3600},
	devices.PowerFault: {"The power supply reports a fault.", "The devices on it may stop.",
		"Tell the technician, watch the devices on this supply.", 180, 14400},
	devices.EnvThreshold: {"A measured value has passed its limit.", "Equipment or people in the room may come to harm.",
		"Look at the value and the room, tell the technician.", 180, 3600},
	devices.EnvLeak: {"Water was found where none should be.", "Equipment below may be destroyed.",
		"Send an officer to look, close the valve, tell the technician.", 180, 1800},
	devices.EnvGas: {"Gas was found.", "Explosion or suffocation.",
		"Keep people away, switch nothing on or off, call the fire service, air the room from outside.", 90, 1800},
	devices.VideoFrozen: {"The camera answers, but its picture stands still.", "What the screen shows is the past; somebody may have covered or looped the camera.",
		"Do not trust the picture; look with another camera or send an officer, tell the technician.", 180, 3600},
	devices.VideoUnrecorded: {"The pictures of the camera are not being kept.", "Nobody can look back at what happens there.",
		"Ask the technician to look at the gateway's disk; watch the camera live meanwhile.", 300, 14400},
	devices.CommsLost: {"The device does not answer.", "What it watches is not seen.",
		"Look whether power or network failed, patrol what the device watches, tell the technician.", 180, 3600},
	devices.LifesignStopped: {"The device answers but its life sign stands still.", "What it says may be old.",
		"Do not trust its states; patrol what it watches, tell the technician.", 90, 3600},
	devices.ClockSkew: {"The gateway's clock is wrong.", "Times in the record are uncertain.",
		"Tell the technician to put the clock right.", 300, 86400},
	devices.GatewayLost: {"The console has lost the gateway: power, network or the box itself.", "None of its devices is seen here; doors and panels go on by themselves.",
		"Call the premises, post officers at its panels, tell the network technician.", 90, 1800},
	devices.SpoolGap: {"The gateway has lost signals that it kept.", "Something may have happened that nobody has seen.",
		"Read the panels on the spot for what happened meanwhile.", 90, 3600},
	devices.SignalsMissing: {"Numbers of this gateway's signals never came.", "Something may have happened that nobody has seen.",
		"Read the panels on the spot for what happened meanwhile.", 90, 3600},
	devices.CommandUnknown: {"Nobody knows whether a command was carried out.", "A door may be open, or locked against people.",
		"Look at the device by camera or send an officer; then command again.", 90, 600},
	devices.IntercomUnanswered: {"Nobody answered a call at an intercom.", "Somebody waits, or needs help.",
		"Call back, look at the camera, send an officer.", 90, 600},
	devices.WatchMissed: {"An operator's desk did not answer the watch prompt, or nobody watches the station.", "Alarms may come that nobody sees.",
		"Call the desk; send a relief when there is no answer; take the station over until somebody watches it.", 60, 600},
	devices.FallbackOld: {"The fallback pack for an outage was not renewed.", "In an outage officers would work from old lists.",
		"Make and hand out a new pack; ask the supervisor why it was not made.", 300, 86400},
	devices.DutyLate: {"An officer is not here after the beginning of the duty.", "A post may stay empty, or somebody stands longer than rules allow.",
		"Ring the officer; tell the supervisor.", 300, 1800},
	devices.DutyNoShow: {"An officer has not come.", "A post is empty, or somebody cannot be relieved.",
		"Ring the officer; send a reserve; look for a relief in the roster.", 180, 1800},
	devices.PostEmpty: {"Nobody is on post where somebody shall stand.", "A hole in the fence that nobody watches.",
		"Send a patrol or a reserve; ask who left and why.", 120, 900},
	devices.CheckMissed: {"A post did not answer its check call.", "The officer may be hurt, or the radio is down.",
		"Call by radio and telephone; look at the camera; send an officer.", 60, 600},
	devices.ReliefMissed: {"The duty of an officer on post is over, and nobody has come to relieve them.", "The officer stands longer than rules allow, and rests too little before the next duty.",
		"Ring the relief; send a reserve; look for a relief in the roster.", 300, 1800},
}

// Default is what is shipped for kind k of a device of the category. What no
// text is shipped for has no response, and is listed as such.
func Default(k devices.Kind, category string) Fields {
	f := Fields{}
	if info := k.Info(); info.Alarm {
		f.Priority = devices.DefaultPriority(k, category)
	}
	if r, ok := shipped[k]; ok {
		f.Cause, f.Consequence, f.Response, f.RespondWithin, f.FinishWithin = r.cause, r.consequence, r.response, r.respond, r.finish
	}
	return f
}
