// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// Writes logs that carry the topics of token transfers and are none: each has another count of topics, too little data,
/// too much data, or arrays that point outside it. None may be read as a movement, and none may break a reader.
contract Lookalikes {
    bytes32 internal constant TRANSFER = keccak256("Transfer(address,address,uint256)");
    bytes32 internal constant SINGLE = keccak256("TransferSingle(address,address,address,uint256,uint256)");
    bytes32 internal constant BATCH = keccak256("TransferBatch(address,address,address,uint256[],uint256[])");

    function emitAll(address who) external {
        bytes32 a = bytes32(uint256(uint160(who)));
        _log1(TRANSFER, abi.encode(who, who, uint256(1)));
        _log2(TRANSFER, a, abi.encode(who, uint256(1)));
        _log3(TRANSFER, a, a, "");
        _log3(TRANSFER, a, a, hex"01");
        _log1(SINGLE, abi.encode(who, who, who, uint256(1), uint256(1)));
        _log4(SINGLE, a, a, a, abi.encode(uint256(1)));
        _log1(BATCH, "");
        _log4(BATCH, a, a, a, "");
        _log4(BATCH, a, a, a, abi.encode(type(uint256).max, type(uint256).max));
        _log4(BATCH, a, a, a, abi.encode(uint256(64), uint256(96), type(uint256).max, uint256(0)));
        _log4(BATCH, a, a, a, abi.encode(uint256(64), uint256(128), uint256(1), uint256(7), uint256(0)));
        assembly {
            log0(0, 32)
        }
    }

    /// A well-formed Transfer of a token that nobody holds: what address poisoning looks like.
    function emitUnbacked(address from, address to, uint256 value) external {
        _log3(TRANSFER, bytes32(uint256(uint160(from))), bytes32(uint256(uint160(to))), abi.encode(value));
    }

    function _log1(bytes32 t, bytes memory data) internal {
        assembly {
            log1(add(data, 32), mload(data), t)
        }
    }

    function _log2(bytes32 t, bytes32 a, bytes memory data) internal {
        assembly {
            log2(add(data, 32), mload(data), t, a)
        }
    }

    function _log3(bytes32 t, bytes32 a, bytes32 b, bytes memory data) internal {
        assembly {
            log3(add(data, 32), mload(data), t, a, b)
        }
    }

    function _log4(bytes32 t, bytes32 a, bytes32 b, bytes32 c, bytes memory data) internal {
        assembly {
            log4(add(data, 32), mload(data), t, a, b, c)
        }
    }
}
