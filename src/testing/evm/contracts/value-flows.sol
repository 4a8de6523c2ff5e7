// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// Forwards what it gets to several recipients: transfers that only a trace shows.
contract Splitter {
    function split(address payable[] calldata recipients) external payable {
        uint256 share = msg.value / recipients.length;
        uint256 left = msg.value - share * (recipients.length - 1);
        for (uint256 i = 0; i < recipients.length; i++) {
            _send(recipients[i], i == 0 ? left : share);
        }
    }

    /// Tries to pay inside a call that then reverts, swallows that, and pays the other recipient.
    function payAfterFailedTry(address payable lost, address payable paid) external payable {
        try this.payAndRevert{value: msg.value}(lost) {} catch {
            _send(paid, msg.value);
        }
    }

    function payAndRevert(address payable to) external payable {
        _send(to, msg.value);
        revert("undone");
    }

    function _send(address payable to, uint256 value) internal {
        (bool sent,) = to.call{value: value}("");
        require(sent, "not sent");
    }
}

/// A wallet that pays out all it holds and ends itself.
contract Wallet {
    constructor() payable {}

    receive() external payable {}

    function close(address payable heir) external {
        selfdestruct(heir);
    }
}

/// Makes wallets at addresses known before (CREATE2), and short-lived ones that die in the transaction of their birth
/// (the only self-destruction that still removes the account, EIP-6780).
contract WalletFactory {
    event Created(address wallet);

    function create(bytes32 salt) external payable returns (address wallet) {
        wallet = address(new Wallet{salt: salt, value: msg.value}());
        emit Created(wallet);
    }

    function createAndClose(bytes32 salt, address payable heir) external payable {
        Wallet wallet = new Wallet{salt: salt}();
        (bool sent,) = address(wallet).call{value: msg.value}("");
        require(sent, "not sent");
        wallet.close(heir);
    }
}

/// Fails in the ways a transaction can fail.
contract Failing {
    uint256 internal burnt;

    receive() external payable {
        revert("takes nothing");
    }

    function fail() external payable {
        revert("always fails");
    }

    function burnAllGas() external {
        while (true) burnt++;
    }
}
