// Package store keeps what the console knows in PostgreSQL: every query, every
// migration, and the timers that people wait for. No other package speaks to
// the database.
//
//	db.go       the pool, opening, closing, upkeep of partitions
//	migrate.go  forward migrations under an advisory lock
//	write.go    the writing transaction: change number, audit chain, telling
//	errors.go   which failures are worth another try
//	timers.go   work that falls due, with its effect in the same transaction
//	intake.go   what console/intake needs; signals.go, alarms.go, audit.go, … the tables
package store
