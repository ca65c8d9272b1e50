"""The formulas: functions of planes that know neither scenes nor conventions."""
