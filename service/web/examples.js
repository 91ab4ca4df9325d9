// Written for this page.

export const EXAMPLES = [
  {
    name: "Skeptical comment",
    text: "Sure, another reset. Ask Georgia and Ukraine how the last one went. Every concession we made, Moscow pocketed and came back for more.",
  },
  {
    name: "Supportive comment",
    text: "Both sides hold thousands of warheads. Talking to Moscow, trading again and putting arms control back on the table makes all of us safer than another cold war.",
  },
  {
    name: "Reply",
    context: "No deal with the Kremlin will hold.",
    text: "I agree.",
  },
  {
    name: "Article",
    text: [
      "Delegations from Moscow and Washington met this week for the second time since spring. They discussed consular staff and direct flights, and agreed to meet again.",
      "For those who favour engagement, the logic is simple. Two nuclear powers that do not talk are a danger to everyone, and sanctions have cost European industry more than they have cost the Kremlin. Ending them in exchange for a settlement would be a relief to both sides.",
      "We have been here before. The reset of 2009 was answered with the seizure of Crimea. Moscow uses talks to buy time, and any deal that rewards it will only invite the next war.",
      "The Senate is expected to take up the matter in the autumn.",
    ].join("\n\n"),
  },
  {
    name: "Not English",
    text: "Je pense que les discussions avec Moscou sont inutiles.",
  },
];
