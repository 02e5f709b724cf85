// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { AccessManaged } from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import { IKeyRegistry } from "../interfaces/IKeyRegistry.sol";
import { Signatures } from "./libraries/Signatures.sol";

/// @title KeyRegistry
/// @notice The public keys to which records are encrypted. See IKeyRegistry.
contract KeyRegistry is IKeyRegistry, AccessManaged, EIP712 {
    struct Key {
        bytes32 key;
        uint32 version;
        uint64 since;
    }

    /// @dev Whoever writes reads all of them at once.
    uint256 private constant _MAX_ROLES = 16;
    bytes32 private constant _PUBLISH_KEY_TYPEHASH = keccak256(
        "PublishKey(address owner,bytes32 key,uint32 version,uint64 deadline)"
    );

    mapping(address owner => Key) private _keys;
    mapping(bytes32 role => uint256 place) private _places;
    RoleKey[] private _roles;

    constructor(address authority_) AccessManaged(authority_) EIP712("proofdesk", "1") {
        if (authority_.code.length == 0) revert NoContract(authority_);
    }

    /// @inheritdoc IKeyRegistry
    function publish(bytes32 key) external {
        _publish(msg.sender, key);
    }

    /// @inheritdoc IKeyRegistry
    function publishFor(
        address owner,
        bytes32 key,
        uint32 version,
        uint64 deadline,
        bytes calldata signature
    ) external {
        if (owner == address(0)) revert EmptyOwner();
        if (block.timestamp > deadline) revert SignatureExpired(deadline);
        uint256 next = uint256(_keys[owner].version) + 1;
        if (version != next) revert WrongVersion(version, next);
        bytes32 digest = _hashTypedDataV4(
            keccak256(abi.encode(_PUBLISH_KEY_TYPEHASH, owner, key, version, deadline))
        );
        if (!Signatures.isValid(owner, digest, signature)) revert InvalidSignature(owner);
        _publish(owner, key);
    }

    /// @inheritdoc IKeyRegistry
    function publishRole(bytes32 role, bytes32 key, uint32 reads) external restricted {
        if (role == 0) revert EmptyOwner();
        if ((key == 0) != (reads == 0)) revert WrongReads(role, reads);
        uint256 place = _places[role];
        if (place == 0) {
            if (key == 0) revert NoKey(role);
            if (_roles.length == _MAX_ROLES) revert TooManyRoles();
            _roles.push(RoleKey(role, key, reads, 1, uint64(block.timestamp)));
            _places[role] = _roles.length;
            emit RoleKeyPublished(role, 1, key, reads);
            return;
        }
        RoleKey storage known = _roles[place - 1];
        if (key == 0 && known.key == 0) revert NoKey(role);
        uint32 version = known.version + 1;
        _roles[place - 1] = RoleKey(role, key, reads, version, uint64(block.timestamp));
        emit RoleKeyPublished(role, version, key, reads);
    }

    /// @inheritdoc IKeyRegistry
    function keyOf(address owner) external view returns (bytes32 key, uint32 version, uint64 since) {
        Key storage known = _keys[owner];
        return (known.key, known.version, known.since);
    }

    /// @inheritdoc IKeyRegistry
    function roles() external view returns (RoleKey[] memory) {
        return _roles;
    }

    function _publish(address owner, bytes32 key) private {
        Key storage known = _keys[owner];
        if (key == 0 && known.key == 0) revert NoKey(bytes32(uint256(uint160(owner))));
        uint32 version = known.version + 1;
        _keys[owner] = Key(key, version, uint64(block.timestamp));
        emit KeyPublished(owner, version, key);
    }
}
