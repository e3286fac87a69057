package devices

// AccessReason says why a credential was accepted or refused. The names are
// those of BACnet's BACnetAccessEvent (ANSI/ASHRAE 135, clause 21), in lower case.
type AccessReason string

// The reasons that the shipped profiles give.
const (
	ReasonGranted              AccessReason = "granted"
	ReasonMuster               AccessReason = "muster"
	ReasonPassbackDetected     AccessReason = "passback_detected"
	ReasonDuress               AccessReason = "duress"
	ReasonTrace                AccessReason = "trace"
	ReasonLockoutMaxAttempts   AccessReason = "lockout_max_attempts"
	ReasonLockoutOther         AccessReason = "lockout_other"
	ReasonLockedByHigher       AccessReason = "locked_by_higher_priority"
	ReasonOutOfService         AccessReason = "out_of_service"
	ReasonNoEntryAfterGranted  AccessReason = "no_entry_after_granted"
	ReasonDenyAll              AccessReason = "denied_deny_all"
	ReasonUnknownCredential    AccessReason = "denied_unknown_credential"
	ReasonAuthUnavailable      AccessReason = "denied_authentication_unavailable"
	ReasonFactorTimeout        AccessReason = "denied_authentication_factor_timeout"
	ReasonIncorrectFactor      AccessReason = "denied_incorrect_authentication_factor"
	ReasonZoneNoAccess         AccessReason = "denied_zone_no_access_rights"
	ReasonPointNoAccess        AccessReason = "denied_point_no_access_rights"
	ReasonNoAccess             AccessReason = "denied_no_access_rights"
	ReasonOutOfTimeRange       AccessReason = "denied_out_of_time_range"
	ReasonThreatLevel          AccessReason = "denied_threat_level"
	ReasonPassback             AccessReason = "denied_passback"
	ReasonUnexpectedLocation   AccessReason = "denied_unexpected_location_usage"
	ReasonMaxAttempts          AccessReason = "denied_max_attempts"
	ReasonLowerOccupancy       AccessReason = "denied_lower_occupancy_limit"
	ReasonUpperOccupancy       AccessReason = "denied_upper_occupancy_limit"
	ReasonFactorLost           AccessReason = "denied_authentication_factor_lost"
	ReasonFactorStolen         AccessReason = "denied_authentication_factor_stolen"
	ReasonFactorDisabled       AccessReason = "denied_authentication_factor_disabled"
	ReasonFactorError          AccessReason = "denied_authentication_factor_error"
	ReasonCredentialUnassigned AccessReason = "denied_credential_unassigned"
	ReasonCredentialInactive   AccessReason = "denied_credential_not_yet_active"
	ReasonCredentialExpired    AccessReason = "denied_credential_expired"
	ReasonCredentialDisabled   AccessReason = "denied_credential_manual_disable"
	ReasonCredentialLockout    AccessReason = "denied_credential_lockout"
	ReasonNoAccompaniment      AccessReason = "denied_no_accompaniment"
	ReasonLockout              AccessReason = "denied_lockout"
)
