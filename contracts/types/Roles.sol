// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Role ids in the organisation's AccessManager. Its own ADMIN_ROLE is 0. docs/security.md says what each may do.
uint64 constant SUPERVISOR_ROLE = 1;
uint64 constant CERTIFIER_ROLE = 2;
uint64 constant LANE_EDITOR_ROLE = 3;
uint64 constant INTAKE_ROLE = 4;
uint64 constant MODULE_ROLE = 5;
uint64 constant GUARDIAN_ROLE = 6;
uint64 constant UNPAUSER_ROLE = 7;
uint64 constant TREASURER_ROLE = 8;
uint64 constant CLAIMS_EDITOR_ROLE = 9;
