// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// A plain ERC-721. Token ids count from 1.
contract Erc721 {
    string public constant name = "Headwater Deeds";
    string public constant symbol = "DEED";
    uint256 public minted;
    mapping(uint256 => address) public ownerOf;
    mapping(address => uint256) public balanceOf;

    event Transfer(address indexed from, address indexed to, uint256 indexed tokenId);

    error NotOwner();

    function supportsInterface(bytes4 id) external pure returns (bool) {
        return id == 0x01ffc9a7 || id == 0x80ac58cd;
    }

    function mint(address to) external returns (uint256 id) {
        id = ++minted;
        ownerOf[id] = to;
        balanceOf[to]++;
        emit Transfer(address(0), to, id);
    }

    function transferFrom(address from, address to, uint256 id) external {
        if (ownerOf[id] != from || msg.sender != from) revert NotOwner();
        ownerOf[id] = to;
        balanceOf[from]--;
        balanceOf[to]++;
        emit Transfer(from, to, id);
    }

    function burn(uint256 id) external {
        if (ownerOf[id] != msg.sender) revert NotOwner();
        delete ownerOf[id];
        balanceOf[msg.sender]--;
        emit Transfer(msg.sender, address(0), id);
    }
}
