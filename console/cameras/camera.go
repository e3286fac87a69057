// Package cameras is the desk of cameras: who may watch which one, where its
// picture comes from, what was recorded, and who saw what from when to when.
//
//	camera.go    what a camera is and how its picture is
//	desk.go      the desk, its options, and the list of cameras
//	access.go    who may what, and what people set of a camera
//	orders.go    what gateways are asked, and their answers
//	source.go    where live pictures come from: relayed by a gateway, or pulled
//	views.go     who watches now, until their session ends; the record of it
//	recording.go what was recorded: timeline, playback, uploads of gateways
//	bookmark.go  marked and locked times
//	export.go    clips that leave the house
//	ptz.go       turning a camera, by one officer at a time
//	alarm.go     the cameras of an alarm
//	wall.go      walls that people have saved
package cameras

import (
	"errors"
	"fmt"
	"time"

	"guardroom/console/auth"
	"guardroom/console/live"
	"guardroom/devices"
)

// ErrNotFound says that there is no such camera, wall, bookmark or clip.
var ErrNotFound = errors.New("no such camera, wall, bookmark or clip")

// InvalidError says which field is wrong and why, in words for an operator.
type InvalidError struct{ Field, Reason string }

func (e *InvalidError) Error() string { return e.Field + ": " + e.Reason }

// InvalidField names the field.
func (e *InvalidError) InvalidField() string { return e.Field }

// StaleError says that somebody was faster.
type StaleError struct{ Version int64 }

func (e *StaleError) Error() string {
	return fmt.Sprintf("somebody has changed this since: it is at version %d now", e.Version)
}

// Stale gives the version as it is now.
func (e *StaleError) Stale() int64 { return e.Version }

// ConflictError says why a wish does not fit what is true now. Reason is for
// machines.
type ConflictError struct {
	Reason, Text string
	Params       map[string]any
}

func (e *ConflictError) Error() string { return e.Text }

// Conflict gives what the screens translate.
func (e *ConflictError) Conflict() (reason string, params map[string]any) { return e.Reason, e.Params }

// VideoCamera is a camera as who asks may see it.
type VideoCamera struct {
	ID       string `json:"id" doc:"<gateway>.<device>, unique in the installation"`
	Number   string `json:"number" doc:"As people know it and plans, doors and alarm texts name it: C-01; unique at its station"`
	Station  string `json:"station"`
	Gateway  string `json:"gateway"`
	Name     string `json:"name"`
	Location string `json:"location"`

	Area      string `json:"area" doc:"Where it stands, by the plans; empty when nobody said"`
	AreaName  string `json:"area_name"`
	Level     string `json:"level"`
	LevelName string `json:"level_name"`

	Streams []string          `json:"streams" doc:"main, and sub where it has one"`
	PTZ     bool              `json:"ptz"`
	Record  *CameraRecord     `json:"record" doc:"How pictures are kept; null when they are not"`
	Points  []devices.PointID `json:"points" doc:"What it looks at"`
	State   CameraState       `json:"state"`
	May     CameraRights      `json:"may"`
	Version int64             `json:"version" doc:"Of the settings; 0 when nothing was set"`
	Demo    bool              `json:"demo"`
}

// CameraRecord says how a camera's pictures are kept.
type CameraRecord struct {
	Hours  int    `json:"hours" doc:"For how long; 0 when its recorder alone knows"`
	Stream string `json:"stream" enum:"main,sub"`
	Source string `json:"source" enum:"gateway,recorder"`
}

// CameraRights say what who asks may do with a camera.
type CameraRights struct {
	Watch     bool `json:"watch"`
	Play      bool `json:"play"`
	Move      bool `json:"move"`
	Export    bool `json:"export"`
	Configure bool `json:"configure"`
}

// PictureState says how a camera's picture is.
type PictureState string

// The states of a picture. Unknown is neither live nor lost.
const (
	Connecting PictureState = "connecting"
	Live       PictureState = "live"
	Delayed    PictureState = "delayed"
	Frozen     PictureState = "frozen"
	Lost       PictureState = "lost"
	Unknown    PictureState = "unknown" // its gateway is away: nobody knows
)

// CameraState is how a camera is now; the live topic camera carries it.
type CameraState struct {
	ID          string       `json:"id"`
	Station     string       `json:"station"`
	Number      string       `json:"number"`
	State       PictureState `json:"state" enum:"connecting,live,delayed,frozen,lost,unknown"`
	Since       time.Time    `json:"since"`
	LastPicture *time.Time   `json:"last_picture" doc:"When the last picture came, where it is not live"`
	Fault       string       `json:"fault" doc:"Why there is no picture: unreachable, refused_password, no_such_path, not_playable, b_frames, silent, tls, protocol, gateway; empty while there is one"`
	FaultText   string       `json:"fault_text"`
	Recorder    string       `json:"recorder" enum:"off,recording,stopped,unknown"`
	Codec       string       `json:"codec" enum:",H264,H265"`
	Width       int          `json:"width"`
	Height      int          `json:"height"`
	FPS         float64      `json:"fps"`
	Viewers     int          `json:"viewers"`
	Lease       *PTZLease    `json:"lease" doc:"Who turns it now"`
}

// Event is what the screens are told.
func (s CameraState) Event(gone bool) live.Event {
	return live.Thing(live.Camera, s.Station, s.ID, s, gone)
}

// PTZLease is the right to turn a camera, of one officer at a time.
type PTZLease struct {
	By     string    `json:"by"`
	ByName string    `json:"by_name"`
	Until  time.Time `json:"until" doc:"Renewed by each move"`
}

// CameraPreset is a view that a camera knows.
type CameraPreset struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// CameraSettings are what people set of a camera.
type CameraSettings struct {
	Camera  string `json:"-"`
	Station string `json:"-"`

	Points         []devices.PointID `json:"points" maxItems:"200" doc:"What it looks at, beside what its gateway says"`
	Restricted     bool              `json:"restricted" doc:"Only those whom allow names may watch"`
	Allow          []string          `json:"allow" maxItems:"200" doc:"Ids of users, or role:supervisor"`
	Deny           []string          `json:"deny" maxItems:"200" doc:"The same; deny wins"`
	RetentionHours int               `json:"retention_hours" minimum:"0" maximum:"87600" doc:"Pictures are kept no longer than this; 0 leaves it to the recorder"`
	Always         bool              `json:"always" doc:"Brought to the console though nobody watches, so that it shows at once"`
	AlarmPreset    string            `json:"alarm_preset" maxLength:"64" doc:"Where it turns when an alarm rises at one of its points"`
	Version        int64             `json:"version"`
}

// PTZMove is what somebody asks of a camera that turns.
type PTZMove struct {
	Action   string  `json:"action" enum:"take,move,stop,preset,save_preset,release"`
	Pan      float64 `json:"pan,omitempty" minimum:"-1" maximum:"1" doc:"Speed of move; right is positive"`
	Tilt     float64 `json:"tilt,omitempty" minimum:"-1" maximum:"1" doc:"Up is positive"`
	Zoom     float64 `json:"zoom,omitempty" minimum:"-1" maximum:"1" doc:"In is positive"`
	Preset   string  `json:"preset,omitempty" maxLength:"64"`
	Name     string  `json:"name,omitempty" maxLength:"64" doc:"Of save_preset"`
	TakeOver bool    `json:"take_over,omitempty" doc:"Although somebody else turns it; supervisors only"`
}

// CameraTimeline says what was recorded, and what people marked.
type CameraTimeline struct {
	Camera    string           `json:"camera"`
	From      time.Time        `json:"from"`
	To        time.Time        `json:"to"`
	Spans     []CameraSpan     `json:"spans" doc:"Recorded times, in order"`
	Bookmarks []CameraBookmark `json:"bookmarks"`
	// Complete is false where a recorder of the station's own does not say what it has.
	Complete bool `json:"complete"`
}

// CameraSpan is a time without a hole.
type CameraSpan struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// CameraBookmark is a time that somebody marked, perhaps locked.
type CameraBookmark struct {
	ID       string    `json:"id"`
	Camera   string    `json:"camera"`
	Station  string    `json:"station"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Note     string    `json:"note"`
	Alarm    string    `json:"alarm" doc:"The alarm that it belongs to, if any"`
	Incident string    `json:"incident"`
	Lock     bool      `json:"lock" doc:"It is not to be overwritten"`
	Locked   string    `json:"locked" enum:",asked,held,failed,releasing" doc:"Whether its gateway keeps it: not asked for, asked, held, nothing was there to hold"`
	By       string    `json:"by"`
	ByName   string    `json:"by_name"`
	At       time.Time `json:"at"`
}

// NewBookmark is what somebody marks.
type NewBookmark struct {
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Note     string    `json:"note,omitempty" maxLength:"2000"`
	Alarm    string    `json:"alarm,omitempty" maxLength:"64"`
	Incident string    `json:"incident,omitempty" maxLength:"64"`
	Lock     bool      `json:"lock,omitempty"`
}

// CameraExport is a clip that somebody asked for: a ZIP with the pictures as MP4
// and a sidecar that says where they come from.
type CameraExport struct {
	ID      string     `json:"id"`
	Camera  string     `json:"camera"`
	Station string     `json:"station"`
	From    time.Time  `json:"from"`
	To      time.Time  `json:"to"`
	Why     string     `json:"why"`
	State   string     `json:"state" enum:"preparing,ready,failed,removed"`
	Text    string     `json:"text" doc:"Why it failed"`
	SHA256  string     `json:"sha256" doc:"Of the MP4, in hexadecimal"`
	Bytes   int64      `json:"bytes" doc:"Of the ZIP"`
	By      string     `json:"by"`
	ByName  string     `json:"by_name"`
	At      time.Time  `json:"at"`
	ReadyAt *time.Time `json:"ready_at"`
	Until   time.Time  `json:"until" doc:"When the console removes it"`
}

// NewExport is what somebody wants to take along.
type NewExport struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	Why  string    `json:"why" maxLength:"2000"`
}

// AlarmCamera is a camera that may show what an alarm is about.
type AlarmCamera struct {
	VideoCamera
	Because string `json:"because" enum:"rationale,door,point,area" doc:"Who says so: the alarm's text, its door, the camera itself, or that it stands in the same area"`
}

// AlarmCameras are the cameras of an alarm, the most telling first.
type AlarmCameras struct {
	Alarm   string        `json:"alarm"`
	At      time.Time     `json:"at" doc:"When it was raised: play from some seconds before"`
	Cameras []AlarmCamera `json:"cameras"`
}

// VideoWall is a wall that somebody saved.
type VideoWall struct {
	ID      string     `json:"id"`
	Station string     `json:"station"`
	Name    string     `json:"name"`
	Tiles   int        `json:"tiles" enum:"1,4,9,16"`
	Cameras []WallTile `json:"cameras"`
	Shared  bool       `json:"shared" doc:"Everybody at the station has it"`
	Owner   string     `json:"owner"`
	ByName  string     `json:"by_name"`
	Version int64      `json:"version"`
}

// WallTile is a tile of a wall.
type WallTile struct {
	Tile   int    `json:"tile" minimum:"0" maximum:"15"`
	Camera string `json:"camera" maxLength:"140" doc:"Empty with follow"`
	Follow bool   `json:"follow,omitempty" doc:"Shows the camera of the selected alarm"`
}

// number is the part of a camera's id that people know.
func number(gateway, device string) (id string) { return gateway + "." + device }

// rights are what by may do at a camera that by may watch.
func rights(by auth.Operator, station string) CameraRights {
	may := func(p auth.Permission) bool { return by.May(p, station) == nil }
	return CameraRights{
		Watch: may(auth.CamerasWatch), Play: may(auth.CamerasPlay), Move: may(auth.CamerasMove),
		Export: may(auth.CamerasExport), Configure: may(auth.CamerasConfigure),
	}
}
