// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// A token of the early days: its name and symbol are bytes32, its transfer returns nothing.
contract Bytes32Token {
    bytes32 public constant name = "Bytes Coin";
    bytes32 public constant symbol = "BYTES";
    uint256 public constant decimals = 9;
    mapping(address => uint256) public balanceOf;

    event Transfer(address indexed from, address indexed to, uint256 value);

    function mint(address to, uint256 value) external {
        balanceOf[to] += value;
        emit Transfer(address(0), to, value);
    }

    function transfer(address to, uint256 value) external {
        balanceOf[msg.sender] -= value;
        balanceOf[to] += value;
        emit Transfer(msg.sender, to, value);
    }
}

/// A token that says nothing of itself: no name, no symbol, no decimals.
contract NamelessToken {
    mapping(address => uint256) public balanceOf;

    event Transfer(address indexed from, address indexed to, uint256 value);

    function mint(address to, uint256 value) external {
        balanceOf[to] += value;
        emit Transfer(address(0), to, value);
    }

    function transfer(address to, uint256 value) external returns (bool) {
        balanceOf[msg.sender] -= value;
        balanceOf[to] += value;
        emit Transfer(msg.sender, to, value);
        return true;
    }
}

/// A token whose balances grow by `rebase` without any event. Transfers state amounts, the contract keeps shares.
contract RebasingToken {
    string public constant name = "Rebasing Coin";
    string public constant symbol = "REB";
    uint8 public constant decimals = 18;
    uint256 public index = 1e18;
    mapping(address => uint256) internal shares;

    event Transfer(address indexed from, address indexed to, uint256 value);

    function balanceOf(address account) public view returns (uint256) {
        return (shares[account] * index) / 1e18;
    }

    function mint(address to, uint256 value) external {
        shares[to] += (value * 1e18) / index;
        emit Transfer(address(0), to, value);
    }

    function transfer(address to, uint256 value) external returns (bool) {
        uint256 moved = (value * 1e18) / index;
        shares[msg.sender] -= moved;
        shares[to] += moved;
        emit Transfer(msg.sender, to, value);
        return true;
    }

    /// Adds `basisPoints` / 10,000 to every balance.
    function rebase(uint256 basisPoints) external {
        index += (index * basisPoints) / 10_000;
    }
}
