package sites

import "slices"

// CameraPlace says where a camera of a station stands, without asking the
// database; it is known by its number. What nobody has said is empty.
func (d *Desk) CameraPlace(station, number string) Where {
	d.mu.RLock()
	defer d.mu.RUnlock()
	ix := d.indexes[station]
	if ix == nil {
		return Where{}
	}
	c, known := ix.site.Cameras[number]
	if !known {
		return Where{}
	}
	w := ix.where[c.Place]
	for _, plan := range ix.site.Plans { // what is drawn may say more
		if at := slices.IndexFunc(plan.Cameras, func(v CameraView) bool { return v.Camera == number }); at >= 0 && w.Area == "" {
			w = ix.where[plan.Cameras[at].Place]
		}
	}
	return w
}
