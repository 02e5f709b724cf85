// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title IKeyRegistry
/// @notice The public keys (X25519, RFC 7748) to which records are encrypted: an account's own, and a role's, which its
/// members share. Each has versions, from 1 on; all of them stay in the events.
/// @dev Customers who use a fresh address a ticket do not publish: their key travels in the encrypted opening record.
interface IKeyRegistry {
    /// @notice A role's key as it is now; `key` is zero where it was retired.
    /// @param role Its name: ASCII, padded with zero bytes.
    /// @param key The public key.
    /// @param reads Which kinds of records it reads: a bit each, by the kind's place in the record's format.
    /// @param version The how many-th key it is.
    /// @param since The block's time when it was published, seconds.
    struct RoleKey {
        bytes32 role;
        bytes32 key;
        uint32 reads;
        uint32 version;
        uint64 since;
    }

    // ------------------------------------------------------------------------------------------------ errors

    /// @notice Neither an owner nor a role is zero.
    error EmptyOwner();
    /// @notice A role with a key reads something, one without a key nothing.
    error WrongReads(bytes32 role, uint32 reads);
    /// @notice A desk has at most 16 roles that read.
    error TooManyRoles();
    /// @notice There is no key to retire.
    error NoKey(bytes32 owner);
    /// @notice The signature is for version `signed`, the next one is `next`.
    error WrongVersion(uint256 signed, uint256 next);
    /// @notice The signature's last second has passed.
    error SignatureExpired(uint256 deadline);
    /// @notice The signature is not its owner's, or not for this.
    error InvalidSignature(address signer);
    /// @notice A contract was expected at this address.
    error NoContract(address account);

    // ------------------------------------------------------------------------------------------------ events

    /// @notice An account's key from now on; zero: it has none.
    event KeyPublished(address indexed owner, uint32 indexed version, bytes32 key);
    /// @notice A role's key from now on and what it reads; zero: the role has none.
    event RoleKeyPublished(bytes32 indexed role, uint32 indexed version, bytes32 key, uint32 reads);

    // -------------------------------------------------------------------------------------------------- keys

    /// @notice Publishes the caller's key, in place of the one before.
    /// @param key The key; zero retires.
    ///
    /// Requirements:
    /// - where `key` is zero, there is one to retire
    function publish(bytes32 key) external;

    /// @notice Publishes an account's key by its signature (EIP-712, ERC-1271), whoever carries it.
    /// @param owner Whose key it is.
    /// @param key The key; zero retires.
    /// @param version The version that this makes, so that it is carried once and in order.
    /// @param deadline The last second in which the signature holds.
    /// @param signature Over `PublishKey(address owner,bytes32 key,uint32 version,uint64 deadline)`.
    ///
    /// Requirements:
    /// - the deadline has not passed, the version is the next, the signature is the owner's
    /// - where `key` is zero, there is one to retire
    function publishFor(
        address owner,
        bytes32 key,
        uint32 version,
        uint64 deadline,
        bytes calldata signature
    ) external;

    /// @notice Publishes a role's key and what it reads, in place of what was before. KEYS_EDITOR.
    /// @param role Its name.
    /// @param key The key; zero retires.
    /// @param reads Which kinds of records it reads.
    ///
    /// Requirements:
    /// - the role is not zero, and one of 16 at most
    /// - `reads` is zero where `key` is, and only there; where `key` is zero, there is one to retire
    function publishRole(bytes32 role, bytes32 key, uint32 reads) external;

    /// @notice An account's key now, its version and since when, seconds; zeros where it never had one, a zero key and
    /// the version where it was retired.
    function keyOf(address owner) external view returns (bytes32 key, uint32 version, uint64 since);

    /// @notice Every role that ever had a key, in the order of their first ones.
    function roles() external view returns (RoleKey[] memory);
}
